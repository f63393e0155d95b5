// cuDNN. It has no gradient for statistics that are given: that is refused.
#include "kernels/batch_norm.h"
#include "kernels/cudnn.cuh"

namespace hitsieve {
namespace {

constexpr cudnnBatchNormMode_t mode = CUDNN_BATCHNORM_SPATIAL;  // over all but the channel

/// Descriptors of one call: x, y and their gradients, and what has a value a channel.
template <class T>
struct Plan {
  CudnnTensor values, channels;

  explicit Plan(const BatchNormSizes& s) : values(cudnn_tensor<T>("batch_norm", s.N, s.C, s.S, 1)) {
    cudnn_check(cudnnDeriveBNTensorDescriptor(channels, values, mode), "batch_norm");
  }
};

void check_epsilon(double epsilon) {
  check(epsilon >= CUDNN_BN_MIN_EPSILON, "batch_norm: epsilon ", epsilon,
        " is too small for cuDNN, which wants ", CUDNN_BN_MIN_EPSILON);
}

template <class T>
void train(const BatchNormSizes& s, const BatchNormOptions& options, const T* x, const T* weight,
           const T* bias, T* y, T* mean, T* inverse_std, T* running_mean, T* running_var) {
  const Plan<T> plan(s);
  check_epsilon(options.epsilon);
  cudnn_check(cudnnBatchNormalizationForwardTraining(
                  cudnn_handle(), mode, &cudnn_one<T>, &cudnn_zero<T>, plan.values, x, plan.values,
                  y, plan.channels, weight, bias, options.momentum, running_mean, running_var,
                  options.epsilon, mean, inverse_std),
              "batch_norm in training");
}

template <class T>
void backward_train(const BatchNormSizes& s, const BatchNormOptions& options, const T* dy,
                    const T* x, const T* mean, const T* inverse_std, const T* weight, T* dx,
                    T* dweight, T* dbias) {
  const Plan<T> plan(s);
  Tensor unwanted;  // cuDNN always makes dx
  if (!dx) {
    unwanted = Tensor({s.N, s.C, s.S}, dtype_of<T>, Device::cuda);
    dx = unwanted.data<T>();
  }
  cudnn_check(cudnnBatchNormalizationBackward(
                  cudnn_handle(), mode, &cudnn_one<T>, &cudnn_zero<T>, &cudnn_one<T>,
                  &cudnn_zero<T>, plan.values, x, plan.values, dy, plan.values, dx, plan.channels,
                  weight, dweight, dbias, options.epsilon, mean, inverse_std),
              "batch_norm, gradient");
}

template <class T>
void infer(const BatchNormSizes& s, const BatchNormOptions& options, const T* x, const T* mean,
           const T* variance, const T* weight, const T* bias, T* y) {
  const Plan<T> plan(s);
  check_epsilon(options.epsilon);
  cudnn_check(cudnnBatchNormalizationForwardInference(
                  cudnn_handle(), mode, &cudnn_one<T>, &cudnn_zero<T>, plan.values, x, plan.values,
                  y, plan.channels, weight, bias, mean, variance, options.epsilon),
              "batch_norm in inference");
}

template <class T>
void backward_infer(const BatchNormSizes&, const BatchNormOptions&, const T*, const T*, const T*,
                    const T*, const T*, T*, T*, T*) {
  throw Error(
      "batch_norm, gradient: cuDNN has none in inference, where the statistics are given; "
      "use this project's kernels");
}

template <class T>
constexpr BatchNormKernels<T> kernels{train<T>, backward_train<T>, infer<T>, backward_infer<T>};

}  // namespace

template <>
const BatchNormKernels<float> On<BatchNormKernels<float>>::library = kernels<float>;
template <>
const BatchNormKernels<double> On<BatchNormKernels<double>>::library = kernels<double>;

}  // namespace hitsieve
