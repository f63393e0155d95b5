// cuDNN as its documentation has it, in plain loops on host memory: what the program here links in
// place of the library, to see without a GPU that each call is given the right descriptors, in the
// right order. What is behind cuDNN's opaque handles.
#pragma once
#include <cstdint>

#include <cudnn.h>

struct cudnnContext {
  cudaStream_t stream;
};

struct cudnnTensorStruct {
  cudnnDataType_t type;
  int64_t n, c, h, w;
  int64_t at(int64_t i, int64_t j, int64_t y, int64_t x) const {
    return ((i * c + j) * h + y) * w + x;
  }
  bool operator==(const cudnnTensorStruct&) const = default;
};

struct cudnnFilterStruct : cudnnTensorStruct {};

struct cudnnConvolutionStruct {
  int64_t pad_y, pad_x, stride_y, stride_x;
  cudnnDataType_t type;
  cudnnMathType_t math;
};

struct cudnnPoolingStruct {
  cudnnPoolingMode_t mode;
  cudnnNanPropagation_t nan;
  int64_t size_y, size_x, pad_y, pad_x, stride_y, stride_x;
};

namespace on_host {

/// What the proposals for a convolution are: with a deterministic one among them, or without.
inline bool deterministic_proposals = true;

/// f(T) with the type of the elements.
template <class F>
cudnnStatus_t by_type(cudnnDataType_t type, const F& f) {
  if (type == CUDNN_DATA_FLOAT) return f(float());
  return type == CUDNN_DATA_DOUBLE ? f(double()) : CUDNN_STATUS_BAD_PARAM;
}

/// y = alpha * value + beta * y, where a beta of 0 does not read y.
template <class T>
void blend(const void* alpha, double value, const void* beta, T& y) {
  const T a = *static_cast<const T*>(alpha), b = *static_cast<const T*>(beta);
  y = T(double(a) * value + (b == 0 ? 0.0 : double(b) * double(y)));
}

}  // namespace on_host
