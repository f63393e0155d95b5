// Batch normalisation (Ioffe and Szegedy 2015): y = (x - mean) / sqrt(variance + epsilon) * weight
// + bias, channel by channel. In training the mean and variance (biased) are the batch's; in
// inference they are the running estimates, which training moves by
//   running = (1 - momentum) * running + momentum * batch's (variance unbiased),
// as PyTorch does.
#pragma once
#include <cmath>

#include "engine/host_device.h"
#include "engine/tensor.h"

namespace hitsieve {

struct BatchNormOptions {
  bool training;  ///< no default: a net that forgets it would train on, or screen with, the wrong
                  ///< one
  double momentum = 0.1;
  double epsilon = 1e-5;
};

/// x (N, C), (N, C, L) or (N, C, H, W); weight, bias, running_mean, running_var (C) -> y like x.
/// f32 or f64, all on one device. Training overwrites the running estimates, and is an error with
/// one value a channel. Gradients of x, weight and bias are right in both modes.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormOptions& options);

struct BatchNormSizes {
  int64_t N, C, S;  ///< S: elements behind one (n, c)
  int64_t values() const { return N * S; }
};

/// Throws unless all is as batch_norm wants it.
BatchNormSizes check_batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                const Tensor& running_mean, const Tensor& running_var,
                                const BatchNormOptions& options);

/// What a device brings. No size is 0; weight, bias, mean, inverse_std and the rest of one index
/// have C elements. Over M = N S values a channel,
///   dbias = sum dy,  dweight = sum dy (x - mean) inverse_std,
///   dx = weight inverse_std (dy - dbias / M - (x - mean) inverse_std dweight / M),
/// without the last two terms where the statistics are constants.
template <class T>
struct BatchNormKernels {
  /// By the batch's statistics, which it gives for the way back; moves the running estimates.
  void (*train)(const BatchNormSizes& sizes, const BatchNormOptions& options, const T* x,
                const T* weight, const T* bias, T* y, T* mean, T* inverse_std, T* running_mean,
                T* running_var);
  /// `dx` may be null: nobody wants it.
  void (*backward_train)(const BatchNormSizes& sizes, const BatchNormOptions& options, const T* dy,
                         const T* x, const T* mean, const T* inverse_std, const T* weight, T* dx,
                         T* dweight, T* dbias);
  /// By statistics that are given.
  void (*infer)(const BatchNormSizes& sizes, const BatchNormOptions& options, const T* x,
                const T* mean, const T* variance, const T* weight, const T* bias, T* y);
  /// `dx` may be null, and `dweight` together with `dbias`.
  void (*backward_infer)(const BatchNormSizes& sizes, const BatchNormOptions& options, const T* dy,
                         const T* x, const T* mean, const T* variance, const T* weight, T* dx,
                         T* dweight, T* dbias);
};

/// The passes that those are made of, for norm_pool.h.
template <class T>
struct BatchNormPasses {
  void (*statistics)(const BatchNormSizes& sizes, const BatchNormOptions& options, const T* x,
                     T* mean, T* inverse_std, T* running_mean, T* running_var);
  void (*invert)(int64_t C, double epsilon, const T* variance, T* inverse_std);
  void (*normalise)(const BatchNormSizes& sizes, const T* x, const T* mean, const T* inverse_std,
                    const T* weight, const T* bias, T* y);
  void (*backward_sums)(const BatchNormSizes& sizes, const T* dy, const T* x, const T* mean,
                        const T* inverse_std, T* dweight, T* dbias);
  /// By sums over M = `values`. Null sums: the statistics are constants.
  void (*backward_x)(const BatchNormSizes& sizes, int64_t values, const T* dy, const T* x,
                     const T* mean, const T* inverse_std, const T* weight, const T* dweight,
                     const T* dbias, T* dx);
};

/// cuDNN refuses backward_infer.
template <class T>
constexpr Library library_of<BatchNormKernels<T>> = Library::cudnn;

/// The arithmetic of one channel, on every device.
template <class T>
HS_HD T inverse_std_of(T variance, double epsilon) {
  return T(1) / std::sqrt(variance + T(epsilon));
}

/// y, where scale = inverse_std * weight.
template <class T>
HS_HD T normalised(T x, T mean, T scale, T bias) {
  return (x - mean) * scale + bias;
}

/// `squares` is the sum of (x - mean)^2 over `values` elements.
template <class T>
HS_HD void finish_statistics(int64_t values, double momentum, double epsilon, double mean,
                             double squares, T& mean_out, T& inverse_std, T& running_mean,
                             T& running_var) {
  mean_out = T(mean);
  inverse_std = inverse_std_of(T(squares / double(values)), epsilon);
  running_mean = T((1 - momentum) * double(running_mean) + momentum * mean);
  running_var = T((1 - momentum) * double(running_var) + momentum * (squares / double(values - 1)));
}

/// Null sums: the statistics are constants.
template <class T>
struct BatchNormSlope {
  T of_dy, of_x, constant;
  HS_HD T dx(T dy, T x, T mean) const { return dy * of_dy + ((x - mean) * of_x + constant); }
};

template <class T>
HS_HD BatchNormSlope<T> batch_norm_slope(int64_t c, int64_t values, const T* inverse_std,
                                         const T* weight, const T* dweight, const T* dbias) {
  const T scale = weight[c] * inverse_std[c];
  if (!dweight) return {scale, T(0), T(0)};
  return {scale, -scale * inverse_std[c] * dweight[c] / T(values), -scale * dbias[c] / T(values)};
}

}  // namespace hitsieve
