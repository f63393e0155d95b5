#include <algorithm>

#include "kernels/batch_norm.h"
#include "kernels/block_sum.cuh"

namespace hitsieve {
namespace {

/// Threads of a block that share a row: a power of two, so that no thread divides by S. The
/// block's other threads take other rows.
int threads_a_row(const BatchNormSizes& s) {
  int threads = 1;
  while (threads < s.S && threads < sum_threads) threads *= 2;
  return threads;
}

/// Channels are summed in parts, a block each, and the parts in order: a part is some samples, at
/// least 4096 elements of a channel, and there are about 512 blocks if the batch is large.
struct Parts {
  int64_t samples, count;
};

Parts parts_of(const BatchNormSizes& s) {
  const int64_t wanted = 512 / s.C + 1;
  const int64_t samples = std::max((s.N - 1) / wanted + 1, (4096 - 1) / s.S + 1);
  return {samples, (s.N - 1) / samples + 1};
}

/// body(offset) for this thread's share of the elements of channel blockIdx.x, part blockIdx.y.
template <class Body>
__device__ void for_elements_of_part(const BatchNormSizes& s, int64_t samples, int row_threads,
                                     const Body& body) {
  const int64_t begin = blockIdx.y * samples;
  const int64_t end = begin + samples < s.N ? begin + samples : s.N;
  for (int64_t n = begin + threadIdx.x / row_threads; n < end; n += sum_threads / row_threads)
    for (int64_t i = threadIdx.x % row_threads; i < s.S; i += row_threads)
      body((n * s.C + blockIdx.x) * s.S + i);
}

/// A part's mean, and its sum of (x - that mean)^2.
template <class T>
__global__ void part_statistics_kernel(BatchNormSizes s, int64_t samples, int row_threads,
                                       const T* x, T* mean, T* squares) {
  const int64_t left = s.N - blockIdx.y * samples;
  T sum = 0;
  for_elements_of_part(s, samples, row_threads, [&](int64_t at) { sum += x[at]; });
  const T m = block_sum(sum) / T((left < samples ? left : samples) * s.S);
  T square = 0;
  for_elements_of_part(s, samples, row_threads,
                       [&](int64_t at) { square += (x[at] - m) * (x[at] - m); });
  square = block_sum(square);
  if (threadIdx.x == 0) {
    mean[blockIdx.y * s.C + blockIdx.x] = m;
    squares[blockIdx.y * s.C + blockIdx.x] = square;
  }
}

/// A thread merges the parts of one channel (Chan, Golub and LeVeque 1979).
template <class T>
__global__ void merge_statistics_kernel(BatchNormSizes s, Parts parts, BatchNormOptions options,
                                        const T* part_mean, const T* part_squares, T* mean,
                                        T* inverse_std, T* running_mean, T* running_var) {
  const int64_t c = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (c >= s.C) return;
  double count = 0, m = 0, squares = 0;
  for (int64_t part = 0; part < parts.count; ++part) {
    const int64_t left = s.N - part * parts.samples;
    const double more = double((left < parts.samples ? left : parts.samples) * s.S);
    const double difference = double(part_mean[part * s.C + c]) - m;
    m += difference * more / (count + more);
    squares += double(part_squares[part * s.C + c]) +
               difference * difference * count * more / (count + more);
    count += more;
  }
  finish_statistics(s.N * s.S, options.momentum, options.epsilon, m, squares, mean[c],
                    inverse_std[c], running_mean[c], running_var[c]);
}

template <class T>
void statistics(const BatchNormSizes& s, const BatchNormOptions& options, const T* x, T* mean,
                T* inverse_std, T* running_mean, T* running_var) {
  const Parts parts = parts_of(s);
  const Tensor part({2, parts.count, s.C}, dtype_of<T>, Device::cuda);
  T *part_mean = part.data<T>(), *part_squares = part_mean + parts.count * s.C;
  launch(part_statistics_kernel<T>, {s.C, parts.count}, sum_threads, 0, s, parts.samples,
         threads_a_row(s), x, part_mean, part_squares);
  launch_over(s.C, merge_statistics_kernel<T>, s, parts, options, part_mean, part_squares, mean,
              inverse_std, running_mean, running_var);
}

template <class T>
__global__ void invert_kernel(int64_t C, double epsilon, const T* variance, T* inverse_std) {
  const int64_t c = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (c < C) inverse_std[c] = inverse_std_of(variance[c], epsilon);
}

template <class T>
void invert(int64_t C, double epsilon, const T* variance, T* inverse_std) {
  launch_over(C, invert_kernel<T>, C, epsilon, variance, inverse_std);
}

template <class T>
Tensor inverted(int64_t C, double epsilon, const T* variance) {
  const Tensor inverse_std({C}, dtype_of<T>, Device::cuda);
  invert(C, epsilon, variance, inverse_std.data<T>());
  return inverse_std;
}

template <class T>
__global__ void part_sums_kernel(BatchNormSizes s, int64_t samples, int row_threads, const T* dy,
                                 const T* x, const T* mean, T* products, T* sums) {
  const T m = mean[blockIdx.x];
  T product = 0, sum = 0;
  for_elements_of_part(s, samples, row_threads, [&](int64_t at) {
    sum += dy[at];
    product += dy[at] * (x[at] - m);
  });
  product = block_sum(product);
  sum = block_sum(sum);
  if (threadIdx.x == 0) {
    products[blockIdx.y * s.C + blockIdx.x] = product;
    sums[blockIdx.y * s.C + blockIdx.x] = sum;
  }
}

template <class T>
__global__ void merge_sums_kernel(int64_t C, int64_t parts, const T* products, const T* sums,
                                  const T* inverse_std, T* dweight, T* dbias) {
  const int64_t c = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (c >= C) return;
  double product = 0, sum = 0;
  for (int64_t part = 0; part < parts; ++part) {
    product += double(products[part * C + c]);
    sum += double(sums[part * C + c]);
  }
  dweight[c] = T(product * double(inverse_std[c]));
  dbias[c] = T(sum);
}

template <class T>
void backward_sums(const BatchNormSizes& s, const T* dy, const T* x, const T* mean,
                   const T* inverse_std, T* dweight, T* dbias) {
  const Parts parts = parts_of(s);
  const Tensor part({2, parts.count, s.C}, dtype_of<T>, Device::cuda);
  T *products = part.data<T>(), *sums = products + parts.count * s.C;
  launch(part_sums_kernel<T>, {s.C, parts.count}, sum_threads, 0, s, parts.samples,
         threads_a_row(s), dy, x, mean, products, sums);
  launch_over(s.C, merge_sums_kernel<T>, s.C, parts.count, products, sums, inverse_std, dweight,
              dbias);
}

/// body(channel, offset) for this thread's share of the elements.
template <class Body>
__device__ void for_elements(const BatchNormSizes& s, int row_threads, const Body& body) {
  const int64_t row = int64_t(blockIdx.x) * (sum_threads / row_threads) + threadIdx.x / row_threads;
  if (row >= s.N * s.C) return;
  const int64_t c = row % s.C;
  for (int64_t i = threadIdx.x % row_threads; i < s.S; i += row_threads) body(c, row * s.S + i);
}

int64_t row_blocks(const BatchNormSizes& s, int row_threads) {
  return (s.N * s.C - 1) / (sum_threads / row_threads) + 1;
}

template <class T>
__global__ void normalise_kernel(BatchNormSizes s, int row_threads, const T* x, const T* mean,
                                 const T* inverse_std, const T* weight, const T* bias, T* y) {
  for_elements(s, row_threads, [&](int64_t c, int64_t at) {
    y[at] = normalised(x[at], mean[c], inverse_std[c] * weight[c], bias[c]);
  });
}

template <class T>
void normalise(const BatchNormSizes& s, const T* x, const T* mean, const T* inverse_std,
               const T* weight, const T* bias, T* y) {
  const int row_threads = threads_a_row(s);
  launch(normalise_kernel<T>, row_blocks(s, row_threads), sum_threads, 0, s, row_threads, x, mean,
         inverse_std, weight, bias, y);
}

template <class T>
__global__ void backward_x_kernel(BatchNormSizes s, int64_t values, int row_threads, const T* dy,
                                  const T* x, const T* mean, const T* inverse_std, const T* weight,
                                  const T* dweight, const T* dbias, T* dx) {
  for_elements(s, row_threads, [&](int64_t c, int64_t at) {
    const auto slope = batch_norm_slope(c, values, inverse_std, weight, dweight, dbias);
    dx[at] = slope.dx(dy[at], x[at], mean[c]);
  });
}

template <class T>
void backward_x(const BatchNormSizes& s, int64_t values, const T* dy, const T* x, const T* mean,
                const T* inverse_std, const T* weight, const T* dweight, const T* dbias, T* dx) {
  const int row_threads = threads_a_row(s);
  launch(backward_x_kernel<T>, row_blocks(s, row_threads), sum_threads, 0, s, values, row_threads,
         dy, x, mean, inverse_std, weight, dweight, dbias, dx);
}

template <class T>
void train(const BatchNormSizes& s, const BatchNormOptions& options, const T* x, const T* weight,
           const T* bias, T* y, T* mean, T* inverse_std, T* running_mean, T* running_var) {
  statistics(s, options, x, mean, inverse_std, running_mean, running_var);
  normalise(s, x, mean, inverse_std, weight, bias, y);
}

template <class T>
void backward_train(const BatchNormSizes& s, const BatchNormOptions&, const T* dy, const T* x,
                    const T* mean, const T* inverse_std, const T* weight, T* dx, T* dweight,
                    T* dbias) {
  backward_sums(s, dy, x, mean, inverse_std, dweight, dbias);
  if (dx) backward_x<T>(s, s.values(), dy, x, mean, inverse_std, weight, dweight, dbias, dx);
}

template <class T>
void infer(const BatchNormSizes& s, const BatchNormOptions& options, const T* x, const T* mean,
           const T* variance, const T* weight, const T* bias, T* y) {
  const Tensor inverse_std = inverted(s.C, options.epsilon, variance);
  normalise<T>(s, x, mean, inverse_std.data<T>(), weight, bias, y);
}

template <class T>
void backward_infer(const BatchNormSizes& s, const BatchNormOptions& options, const T* dy,
                    const T* x, const T* mean, const T* variance, const T* weight, T* dx,
                    T* dweight, T* dbias) {
  const Tensor inverse_std = inverted(s.C, options.epsilon, variance);
  if (dweight) backward_sums<T>(s, dy, x, mean, inverse_std.data<T>(), dweight, dbias);
  if (dx)
    backward_x<T>(s, s.values(), dy, x, mean, inverse_std.data<T>(), weight, nullptr, nullptr, dx);
}

template <class T>
constexpr BatchNormKernels<T> kernels{train<T>, backward_train<T>, infer<T>, backward_infer<T>};
template <class T>
constexpr BatchNormPasses<T> passes{statistics<T>, invert<T>, normalise<T>, backward_sums<T>,
                                    backward_x<T>};

}  // namespace

template <>
const BatchNormKernels<float> On<BatchNormKernels<float>>::cuda = kernels<float>;
template <>
const BatchNormKernels<double> On<BatchNormKernels<double>>::cuda = kernels<double>;
template <>
const BatchNormPasses<float> On<BatchNormPasses<float>>::cuda = passes<float>;
template <>
const BatchNormPasses<double> On<BatchNormPasses<double>>::cuda = passes<double>;

}  // namespace hitsieve
