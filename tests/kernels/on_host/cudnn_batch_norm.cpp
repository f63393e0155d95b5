#include <cmath>
#include <vector>

#include "tests/kernels/on_host/cudnn.h"

namespace {

using on_host::blend;
using on_host::by_type;

bool as_documented(cudnnHandle_t handle, cudnnBatchNormMode_t mode, const cudnnTensorStruct& x,
                   const cudnnTensorStruct& y, const cudnnTensorStruct& channels, double epsilon) {
  return !handle->stream && mode == CUDNN_BATCHNORM_SPATIAL && x == y && channels.c == x.c &&
         channels.n * channels.h * channels.w == 1 && channels.type == x.type && epsilon >= 0;
}

/// The channel of element i.
size_t channel(const cudnnTensorStruct& s, int64_t i) { return size_t(i / (s.h * s.w) % s.c); }

int64_t elements(const cudnnTensorStruct& s) { return s.n * s.c * s.h * s.w; }

/// Sums of term(i) over each channel.
template <class Term>
std::vector<double> sums(const cudnnTensorStruct& s, const Term& term) {
  std::vector<double> of_channel(size_t(s.c));
  for (int64_t i = 0; i < elements(s); ++i) of_channel[channel(s, i)] += term(i, channel(s, i));
  return of_channel;
}

template <class T>
const T* as(const void* data) {
  return static_cast<const T*>(data);
}

template <class T>
T* as(void* data) {
  return static_cast<T*>(data);
}

}  // namespace

extern "C" {

cudnnStatus_t cudnnDeriveBNTensorDescriptor(cudnnTensorDescriptor_t derived,
                                            const cudnnTensorDescriptor_t x,
                                            cudnnBatchNormMode_t mode) {
  if (mode != CUDNN_BATCHNORM_SPATIAL) return CUDNN_STATUS_BAD_PARAM;
  *derived = {x->type, 1, x->c, 1, 1};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBatchNormalizationForwardTraining(
    cudnnHandle_t handle, cudnnBatchNormMode_t mode, const void* alpha, const void* beta,
    const cudnnTensorDescriptor_t of_x, const void* x, const cudnnTensorDescriptor_t of_y, void* y,
    const cudnnTensorDescriptor_t of_channels, const void* scale, const void* bias, double factor,
    void* running_mean, void* running_var, double epsilon, void* saved_mean, void* saved_inverse) {
  const auto& s = *of_x;
  if (!as_documented(handle, mode, s, *of_y, *of_channels, epsilon)) return CUDNN_STATUS_BAD_PARAM;
  const double count = double(s.n * s.h * s.w);
  return by_type(s.type, [&]<class T>(T) {
    auto mean = sums(s, [&](int64_t i, size_t) { return double(as<T>(x)[i]) / count; });
    const auto squares =
        sums(s, [&](int64_t i, size_t c) { return std::pow(double(as<T>(x)[i]) - mean[c], 2); });
    for (size_t c = 0; c < size_t(s.c); ++c) {
      const auto move = [&](T& running, double batch) {
        running = T(batch * factor + double(running) * (1 - factor));
      };
      move(as<T>(running_mean)[c], mean[c]);
      move(as<T>(running_var)[c], squares[c] / (count - 1));
      as<T>(saved_mean)[c] = T(mean[c]);
      as<T>(saved_inverse)[c] = T(1 / std::sqrt(squares[c] / count + epsilon));
    }
    for (int64_t i = 0; i < elements(s); ++i) {
      const size_t c = channel(s, i);
      const double normal =
          (double(as<T>(x)[i]) - mean[c]) / std::sqrt(squares[c] / count + epsilon);
      blend(alpha, normal * double(as<T>(scale)[c]) + double(as<T>(bias)[c]), beta, as<T>(y)[i]);
    }
    return CUDNN_STATUS_SUCCESS;
  });
}

cudnnStatus_t cudnnBatchNormalizationForwardInference(
    cudnnHandle_t handle, cudnnBatchNormMode_t mode, const void* alpha, const void* beta,
    const cudnnTensorDescriptor_t of_x, const void* x, const cudnnTensorDescriptor_t of_y, void* y,
    const cudnnTensorDescriptor_t of_channels, const void* scale, const void* bias,
    const void* mean, const void* variance, double epsilon) {
  const auto& s = *of_x;
  if (!as_documented(handle, mode, s, *of_y, *of_channels, epsilon)) return CUDNN_STATUS_BAD_PARAM;
  return by_type(s.type, [&]<class T>(T) {
    for (int64_t i = 0; i < elements(s); ++i) {
      const size_t c = channel(s, i);
      const double normal = (double(as<T>(x)[i]) - double(as<T>(mean)[c])) /
                            std::sqrt(double(as<T>(variance)[c]) + epsilon);
      blend(alpha, normal * double(as<T>(scale)[c]) + double(as<T>(bias)[c]), beta, as<T>(y)[i]);
    }
    return CUDNN_STATUS_SUCCESS;
  });
}

cudnnStatus_t cudnnBatchNormalizationBackward(
    cudnnHandle_t handle, cudnnBatchNormMode_t mode, const void* alpha, const void* beta,
    const void* alpha_scale, const void* beta_scale, const cudnnTensorDescriptor_t of_x,
    const void* x, const cudnnTensorDescriptor_t of_dy, const void* dy,
    const cudnnTensorDescriptor_t of_dx, void* dx, const cudnnTensorDescriptor_t of_channels,
    const void* scale, void* dscale, void* dbias, double epsilon, const void* mean,
    const void* inverse) {
  const auto& s = *of_x;
  if (!as_documented(handle, mode, s, *of_dy, *of_channels, epsilon) || *of_dx != s || !dx)
    return CUDNN_STATUS_BAD_PARAM;
  const double count = double(s.n * s.h * s.w);
  return by_type(s.type, [&]<class T>(T) {
    const auto normal = [&](int64_t i, size_t c) {
      return (double(as<T>(x)[i]) - double(as<T>(mean)[c])) * double(as<T>(inverse)[c]);
    };
    const auto sum = sums(s, [&](int64_t i, size_t) { return double(as<T>(dy)[i]); });
    const auto product =
        sums(s, [&](int64_t i, size_t c) { return double(as<T>(dy)[i]) * normal(i, c); });
    for (int64_t i = 0; i < elements(s); ++i) {
      const size_t c = channel(s, i);
      const double centred = double(as<T>(dy)[i]) - (sum[c] + normal(i, c) * product[c]) / count;
      blend(alpha, double(as<T>(scale)[c]) * double(as<T>(inverse)[c]) * centred, beta,
            as<T>(dx)[i]);
    }
    for (size_t c = 0; c < size_t(s.c); ++c) {
      blend(alpha_scale, product[c], beta_scale, as<T>(dscale)[c]);
      blend(alpha_scale, sum[c], beta_scale, as<T>(dbias)[c]);
    }
    return CUDNN_STATUS_SUCCESS;
  });
}

}  // extern "C"
