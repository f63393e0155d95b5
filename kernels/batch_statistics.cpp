#include "kernels/batch_statistics.h"

namespace hitsieve {
namespace {

/// Each process's number of values, means and squares, brought to all in one sum: each fills a row
/// of its own. Parts are merged in their order, in double (Chan, Golub and LeVeque 1979).
template <class T>
void merge_parts(const BatchNormSizes& s, const BatchNormOptions& options, const Tensor& part_mean,
                 const Tensor& part_variance, const Tensor& running_mean, const Tensor& running_var,
                 const Communicator& together, BatchStatistics& all) {
  const size_t C = size_t(s.C), row = 1 + 2 * C;
  const std::vector<T> means = part_mean.values<T>(), variances = part_variance.values<T>();
  std::vector<double> parts(size_t(together.count()) * row);
  double* own = parts.data() + size_t(together.rank()) * row;
  own[0] = double(s.values());
  for (size_t c = 0; c < C; ++c) {
    own[1 + c] = double(means[c]);
    own[1 + C + c] = double(variances[c]) * double(s.values() - 1);
  }
  sum(parts, &together);

  all.values = 0;
  for (size_t at = 0; at < parts.size(); at += row) all.values += int64_t(parts[at]);
  std::vector<T> mean(C), inverse_std(C), moved_mean = running_mean.values<T>(),
                                          moved_variance = running_var.values<T>();
  for (size_t c = 0; c < C; ++c) {
    double count = 0, m = 0, squares = 0;
    for (size_t at = 0; at < parts.size(); at += row) {
      const double more = parts[at], difference = parts[at + 1 + c] - m;
      m += difference * more / (count + more);
      squares += parts[at + 1 + C + c] + difference * difference * count * more / (count + more);
      count += more;
    }
    finish_statistics(all.values, options.momentum, options.epsilon, m, squares, mean[c],
                      inverse_std[c], moved_mean[c], moved_variance[c]);
  }
  all.mean.copy_from(Tensor::of<T>({s.C}, mean));
  all.inverse_std.copy_from(Tensor::of<T>({s.C}, inverse_std));
  running_mean.copy_from(Tensor::of<T>({s.C}, moved_mean));
  running_var.copy_from(Tensor::of<T>({s.C}, moved_variance));
}

}  // namespace

template <class T>
BatchStatistics batch_statistics(const BatchNormSizes& s, const BatchNormOptions& options,
                                 const Tensor& x, const Tensor& running_mean,
                                 const Tensor& running_var, const Communicator* together) {
  const auto& passes = pick<BatchNormPasses<T>>(x.device());
  const auto channels = [&] { return Tensor({s.C}, x.dtype(), x.device()); };
  BatchStatistics all{s.values(), channels(), channels()};
  T *mean = all.mean.data<T>(), *inverse_std = all.inverse_std.data<T>();
  if (!options.training) {  // copies: a later training step must not change what backward uses
    all.mean.copy_from(running_mean);
    passes.invert(s.C, options.epsilon, running_var.data<T>(), inverse_std);
  } else if (!together) {
    passes.statistics(s, options, x.data<T>(), mean, inverse_std, running_mean.data<T>(),
                      running_var.data<T>());
  } else {
    BatchNormOptions whole = options;
    whole.momentum = 1;  // the "running" estimates are this part's own
    const Tensor part_mean = running_mean.clone(), part_variance = running_var.clone();
    passes.statistics(s, whole, x.data<T>(), mean, inverse_std, part_mean.data<T>(),
                      part_variance.data<T>());
    merge_parts<T>(s, options, part_mean, part_variance, running_mean, running_var, *together, all);
  }
  return all;
}

template BatchStatistics batch_statistics<float>(const BatchNormSizes&, const BatchNormOptions&,
                                                 const Tensor&, const Tensor&, const Tensor&,
                                                 const Communicator*);
template BatchStatistics batch_statistics<double>(const BatchNormSizes&, const BatchNormOptions&,
                                                  const Tensor&, const Tensor&, const Tensor&,
                                                  const Communicator*);

}  // namespace hitsieve
