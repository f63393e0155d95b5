#include "kernels/batch_norm_together.h"

#include "engine/tape.h"

namespace hitsieve {
namespace {

/// Of all parts of the batch; (C) each.
struct Statistics {
  int64_t values = 0;  ///< a channel
  Tensor mean, inverse_std;
};

/// Each process's number of values, means and squares, brought to all in one sum: each fills a row
/// of its own. Parts are merged in their order, in double (Chan, Golub and LeVeque 1979).
template <class T>
Statistics statistics(const BatchNormSizes& s, const BatchNormOptions& options, const Tensor& x,
                      const Tensor& running_mean, const Tensor& running_var,
                      const Communicator& together) {
  const Device device = x.device();
  const auto channels = [&] { return Tensor::zeros({s.C}, x.dtype(), device); };
  Statistics all{0, channels(), channels()};
  const Tensor part_mean = channels(), part_variance = channels();
  BatchNormOptions whole = options;
  whole.momentum = 1;  // the "running" estimates are this part's own
  pick<BatchNormPasses<T>>(device).statistics(s, whole, x.data<T>(), all.mean.data<T>(),
                                              all.inverse_std.data<T>(), part_mean.data<T>(),
                                              part_variance.data<T>());

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
  return all;
}

template <class T>
void backward(const BatchNormSizes& s, const Statistics& all, const Tensor& x, const Tensor& weight,
              const Tensor& bias, const Communicator& together, const Tensor& dy) {
  const auto& passes = pick<BatchNormPasses<T>>(x.device());
  const Tensor sums({2, s.C}, x.dtype(), x.device());
  T *dweight = sums.data<T>(), *dbias = dweight + s.C;
  passes.backward_sums(s, dy.data<T>(), x.data<T>(), all.mean.data<T>(), all.inverse_std.data<T>(),
                       dweight, dbias);
  const DeviceOps& ops = pick<DeviceOps>(x.device());
  for (const auto& [parameter, gradient] : {std::pair(&weight, dweight), std::pair(&bias, dbias)}) {
    if (!parameter->requires_grad()) continue;
    const Tensor own({s.C}, x.dtype(), x.device());
    ops.copy(own.data<T>(), gradient, size_t(s.C) * sizeof(T));
    parameter->add_grad(own);
  }
  together.sum(sums);
  if (!x.requires_grad()) return;
  const Tensor dx(x.shape(), x.dtype(), x.device());
  passes.backward_x(s, all.values, dy.data<T>(), x.data<T>(), all.mean.data<T>(),
                    all.inverse_std.data<T>(), weight.data<T>(), dweight, dbias, dx.data<T>());
  x.add_grad(dx);
}

}  // namespace

Tensor batch_norm_together(const Tensor& x, const Tensor& weight, const Tensor& bias,
                           const Tensor& running_mean, const Tensor& running_var,
                           const BatchNormOptions& options, const Communicator& together) {
  check(options.training, "batch_norm_together: is for training");
  const auto s = check_batch_norm(x, weight, bias, running_mean, running_var, options);
  Tensor y(x.shape(), x.dtype(), x.device());
  by_float(x.dtype(), "batch_norm", [&]<class T>() {
    const auto all = statistics<T>(s, options, x, running_mean, running_var, together);
    pick<BatchNormPasses<T>>(x.device())
        .normalise(s, x.data<T>(), all.mean.template data<T>(), all.inverse_std.template data<T>(),
                   weight.data<T>(), bias.data<T>(), y.data<T>());
    record(y, {x, weight, bias}, [=, &together](const Tensor& dy) {
      backward<T>(s, all, x, weight, bias, together, dy);
    });
  });
  return y;
}

}  // namespace hitsieve
