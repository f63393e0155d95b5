// Handle, descriptors and the addition of a bias.
#include "tests/kernels/on_host/cudnn.h"

#include <cstring>

extern "C" {

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  *handle = new cudnnContext{reinterpret_cast<cudaStream_t>(1)};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  delete handle;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}
const char* cudnnGetErrorString(cudnnStatus_t status) {
  return status == CUDNN_STATUS_BAD_PARAM ? "bad parameter" : "not as documented";
}
void cudnnGetLastErrorString(char* message, size_t most) {
  std::strncpy(message, "on the host", most);
}

#define CREATE_AND_DESTROY(Name)                                                   \
  cudnnStatus_t cudnnCreate##Name##Descriptor(cudnn##Name##Descriptor_t* made) {   \
    *made = new cudnn##Name##Struct{};                                             \
    return CUDNN_STATUS_SUCCESS;                                                   \
  }                                                                                \
  cudnnStatus_t cudnnDestroy##Name##Descriptor(cudnn##Name##Descriptor_t object) { \
    delete object;                                                                 \
    return CUDNN_STATUS_SUCCESS;                                                   \
  }
CREATE_AND_DESTROY(Tensor)
CREATE_AND_DESTROY(Filter)
CREATE_AND_DESTROY(Convolution)
CREATE_AND_DESTROY(Pooling)

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t tensor, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
  if (format != CUDNN_TENSOR_NCHW || n < 1 || c < 1 || h < 1 || w < 1)
    return CUDNN_STATUS_BAD_PARAM;
  *tensor = {type, n, c, h, w};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnAddTensor(cudnnHandle_t handle, const void* alpha,
                             const cudnnTensorDescriptor_t of_a, const void* a, const void* beta,
                             const cudnnTensorDescriptor_t of_c, void* c) {
  const auto& s = *of_c;
  if (handle->stream || of_a->n != 1 || of_a->c != s.c || of_a->h != 1 || of_a->w != 1 ||
      of_a->type != s.type)
    return CUDNN_STATUS_BAD_PARAM;
  return on_host::by_type(s.type, [&]<class T>(T) {
    for (int64_t i = 0; i < s.n * s.c * s.h * s.w; ++i)
      on_host::blend(alpha, double(static_cast<const T*>(a)[i / (s.h * s.w) % s.c]), beta,
                     static_cast<T*>(c)[i]);
    return CUDNN_STATUS_SUCCESS;
  });
}

}  // extern "C"
