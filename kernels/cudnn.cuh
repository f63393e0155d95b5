// cuDNN's handle and descriptors as objects, for the *_cudnn.cu beside the kernels. They use the
// interface of descriptors, one call a pass: it has float64, which the newer interface of graphs
// has only in part, and needs no second library above it.
#pragma once
#include <limits>
#include <utility>

#include <cudnn.h>

#include "engine/launch.cuh"
#include "engine/tensor.h"

namespace hitsieve {

template <class... What>
void cudnn_check(cudnnStatus_t status, const What&... what) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char details[512] = "";
  cudnnGetLastErrorString(details, sizeof details);
  check(false, what..., ": cuDNN: ", cudnnGetErrorString(status), *details ? ": " : "", details);
}

/// The calling thread's handle, on its current stream from now on. It brings no memory along: what
/// a call works in is of that call.
inline cudnnHandle_t cudnn_handle() {
  struct Handle {
    cudnnHandle_t handle = nullptr;
    Handle() { cudnn_check(cudnnCreate(&handle), "new handle"); }
    ~Handle() { cudnnDestroy(handle); }
  };
  thread_local Handle of_thread;
  cudnn_check(cudnnSetStream(of_thread.handle, current_stream()), "set the stream");
  return of_thread.handle;
}

template <class D, cudnnStatus_t (*create)(D*), cudnnStatus_t (*destroy)(D)>
class CudnnDescriptor {
 public:
  CudnnDescriptor() { cudnn_check(create(&descriptor_), "new descriptor"); }
  ~CudnnDescriptor() {
    if (descriptor_) destroy(descriptor_);
  }
  CudnnDescriptor(CudnnDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, nullptr)) {}
  CudnnDescriptor& operator=(CudnnDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  operator D() const { return descriptor_; }

 private:
  D descriptor_ = nullptr;
};

using CudnnTensor = CudnnDescriptor<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor,
                                    cudnnDestroyTensorDescriptor>;
using CudnnFilter = CudnnDescriptor<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor,
                                    cudnnDestroyFilterDescriptor>;
using CudnnConvolution =
    CudnnDescriptor<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor,
                    cudnnDestroyConvolutionDescriptor>;
using CudnnPooling = CudnnDescriptor<cudnnPoolingDescriptor_t, cudnnCreatePoolingDescriptor,
                                     cudnnDestroyPoolingDescriptor>;

template <class T>
constexpr cudnnDataType_t cudnn_type = sizeof(T) == 8 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;

/// What products are multiplied by, and what was there before is.
template <class T>
constexpr T cudnn_one = 1;
template <class T>
constexpr T cudnn_zero = 0;

/// Error unless a tensor of this shape can be counted with 32 bits, as cuDNN does.
inline void check_counted(const char* who, int64_t N, int64_t C, int64_t H, int64_t W) {
  constexpr int64_t most = std::numeric_limits<int>::max();
  check(N <= most && C <= most / N && H <= most / (N * C) && W <= most / (N * C * H), who, ": ", N,
        " x ", C, " x ", H, " x ", W, " elements are too many for cuDNN; use a smaller batch");
}

/// (N, C, H, W), row-major.
template <class T>
CudnnTensor cudnn_tensor(const char* who, int64_t N, int64_t C, int64_t H, int64_t W) {
  check_counted(who, N, C, H, W);
  CudnnTensor tensor;
  cudnn_check(cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NCHW, cudnn_type<T>, int(N), int(C),
                                         int(H), int(W)),
              who);
  return tensor;
}

}  // namespace hitsieve
