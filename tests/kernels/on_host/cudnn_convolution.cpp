#include <vector>

#include "tests/kernels/on_host/cudnn.h"

namespace {

using on_host::blend;
using on_host::by_type;

constexpr size_t workspace_bytes = 1000;

int64_t output(int64_t size, int64_t pad, int64_t taps, int64_t stride) {
  return (size + 2 * pad - taps) / stride + 1;
}

/// Descriptors that fit each other, a stream, IEEE arithmetic, the one good proposal, and memory.
bool as_documented(cudnnHandle_t handle, const cudnnTensorStruct& x, const cudnnFilterStruct& w,
                   const cudnnConvolutionStruct& s, const cudnnTensorStruct& y, int algorithm,
                   const void* workspace, size_t bytes) {
  return !handle->stream && s.math == CUDNN_FMA_MATH && algorithm == 1 && workspace &&
         bytes >= workspace_bytes && x.type == w.type && x.type == y.type && x.type == s.type &&
         x.c == w.c && y.c == w.n && x.n == y.n && y.h == output(x.h, s.pad_y, w.h, s.stride_y) &&
         y.w == output(x.w, s.pad_x, w.w, s.stride_x);
}

/// body(offset in x, in w, in y) for every product of the definition.
template <class Body>
void for_products(const cudnnTensorStruct& x, const cudnnFilterStruct& w,
                  const cudnnConvolutionStruct& s, const cudnnTensorStruct& y, const Body& body) {
  for (int64_t i = 0; i < y.n * y.c * y.h * y.w; ++i) {
    const int64_t n = i / (y.c * y.h * y.w), k = i / (y.h * y.w) % y.c, p = i / y.w % y.h;
    for (int64_t j = 0; j < w.c * w.h * w.w; ++j) {
      const int64_t c = j / (w.h * w.w), r = j / w.w % w.h, t = j % w.w;
      const int64_t at_y = p * s.stride_y + r - s.pad_y, at_x = i % y.w * s.stride_x + t - s.pad_x;
      if (at_y >= 0 && at_y < x.h && at_x >= 0 && at_x < x.w)
        body(x.at(n, c, at_y, at_x), w.at(k, c, r, t), i);
    }
  }
}

/// out = alpha * sums + beta * out
template <class T>
cudnnStatus_t finish(const void* alpha, const std::vector<double>& sums, const void* beta,
                     void* out) {
  for (size_t i = 0; i < sums.size(); ++i) blend(alpha, sums[i], beta, static_cast<T*>(out)[i]);
  return CUDNN_STATUS_SUCCESS;
}

std::vector<double> zeros(const cudnnTensorStruct& s) {
  return std::vector<double>(size_t(s.n * s.c * s.h * s.w));
}

/// Four that must not be taken, each for a reason of its own, and one that may.
template <class Proposal>
cudnnStatus_t propose(int wanted, int* found, Proposal* out) {
  if (wanted < 5) return CUDNN_STATUS_BAD_PARAM;
  Proposal good{};
  good.algo = decltype(good.algo)(1), good.memory = workspace_bytes;
  good.determinism = CUDNN_DETERMINISTIC, good.mathType = CUDNN_FMA_MATH;
  for (int i = 0; i < 5; ++i) out[i] = good;
  for (int i = 0; i < 4; ++i) out[i].algo = decltype(good.algo)(0);
  out[0].status = CUDNN_STATUS_NOT_SUPPORTED;
  out[1].determinism = CUDNN_NON_DETERMINISTIC;
  out[2].mathType = CUDNN_TENSOR_OP_MATH;
  out[3].memory = size_t(1) << 40;
  *found = on_host::deterministic_proposals ? 5 : 4;
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t filter, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int k, int c, int h, int w) {
  if (format != CUDNN_TENSOR_NCHW) return CUDNN_STATUS_BAD_PARAM;
  *filter = {{type, k, c, h, w}};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t s, int pad_h, int pad_w,
                                              int u, int v, int dilation_h, int dilation_w,
                                              cudnnConvolutionMode_t mode, cudnnDataType_t type) {
  if (pad_h < 0 || pad_w < 0 || u < 1 || v < 1 || dilation_h != 1 || dilation_w != 1 ||
      mode != CUDNN_CROSS_CORRELATION)
    return CUDNN_STATUS_BAD_PARAM;
  *s = {pad_h, pad_w, u, v, type, CUDNN_DEFAULT_MATH};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t s, cudnnMathType_t math) {
  s->math = math;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolution2dForwardOutputDim(const cudnnConvolutionDescriptor_t s,
                                                    const cudnnTensorDescriptor_t x,
                                                    const cudnnFilterDescriptor_t w, int* n, int* c,
                                                    int* p, int* q) {
  *n = int(x->n), *c = int(w->n);
  *p = int(output(x->h, s->pad_y, w->h, s->stride_y));
  *q = int(output(x->w, s->pad_x, w->w, s->stride_x));
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t, const cudnnTensorDescriptor_t,
                                                     const cudnnFilterDescriptor_t,
                                                     const cudnnConvolutionDescriptor_t,
                                                     const cudnnTensorDescriptor_t,
                                                     const int wanted, int* found,
                                                     cudnnConvolutionFwdAlgoPerf_t* out) {
  return propose(wanted, found, out);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(
    cudnnHandle_t, const cudnnFilterDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnTensorDescriptor_t, const int wanted, int* found,
    cudnnConvolutionBwdDataAlgoPerf_t* out) {
  return propose(wanted, found, out);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(
    cudnnHandle_t, const cudnnTensorDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnFilterDescriptor_t, const int wanted, int* found,
    cudnnConvolutionBwdFilterAlgoPerf_t* out) {
  return propose(wanted, found, out);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void* alpha,
                                      const cudnnTensorDescriptor_t of_x, const void* x,
                                      const cudnnFilterDescriptor_t of_w, const void* w,
                                      const cudnnConvolutionDescriptor_t s,
                                      cudnnConvolutionFwdAlgo_t algorithm, void* workspace,
                                      size_t bytes, const void* beta,
                                      const cudnnTensorDescriptor_t of_y, void* y) {
  if (!as_documented(handle, *of_x, *of_w, *s, *of_y, algorithm, workspace, bytes))
    return CUDNN_STATUS_BAD_PARAM;
  return by_type(of_x->type, [&]<class T>(T) {
    auto sums = zeros(*of_y);
    for_products(*of_x, *of_w, *s, *of_y, [&](int64_t i, int64_t j, int64_t o) {
      sums[size_t(o)] += double(static_cast<const T*>(x)[i]) * double(static_cast<const T*>(w)[j]);
    });
    return finish<T>(alpha, sums, beta, y);
  });
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void* alpha,
                                           const cudnnFilterDescriptor_t of_w, const void* w,
                                           const cudnnTensorDescriptor_t of_dy, const void* dy,
                                           const cudnnConvolutionDescriptor_t s,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void* workspace,
                                           size_t bytes, const void* beta,
                                           const cudnnTensorDescriptor_t of_dx, void* dx) {
  if (!as_documented(handle, *of_dx, *of_w, *s, *of_dy, algorithm, workspace, bytes))
    return CUDNN_STATUS_BAD_PARAM;
  return by_type(of_dx->type, [&]<class T>(T) {
    auto sums = zeros(*of_dx);
    for_products(*of_dx, *of_w, *s, *of_dy, [&](int64_t i, int64_t j, int64_t o) {
      sums[size_t(i)] += double(static_cast<const T*>(dy)[o]) * double(static_cast<const T*>(w)[j]);
    });
    return finish<T>(alpha, sums, beta, dx);
  });
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void* alpha,
                                             const cudnnTensorDescriptor_t of_x, const void* x,
                                             const cudnnTensorDescriptor_t of_dy, const void* dy,
                                             const cudnnConvolutionDescriptor_t s,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm,
                                             void* workspace, size_t bytes, const void* beta,
                                             const cudnnFilterDescriptor_t of_dw, void* dw) {
  if (!as_documented(handle, *of_x, *of_dw, *s, *of_dy, algorithm, workspace, bytes))
    return CUDNN_STATUS_BAD_PARAM;
  return by_type(of_x->type, [&]<class T>(T) {
    auto sums = zeros(*of_dw);
    for_products(*of_x, *of_dw, *s, *of_dy, [&](int64_t i, int64_t j, int64_t o) {
      sums[size_t(j)] += double(static_cast<const T*>(dy)[o]) * double(static_cast<const T*>(x)[i]);
    });
    return finish<T>(alpha, sums, beta, dw);
  });
}

cudnnStatus_t cudnnConvolutionBackwardBias(cudnnHandle_t handle, const void* alpha,
                                           const cudnnTensorDescriptor_t of_dy, const void* dy,
                                           const void* beta, const cudnnTensorDescriptor_t of_db,
                                           void* db) {
  const auto& s = *of_dy;
  if (handle->stream || of_db->c != s.c || of_db->n * of_db->h * of_db->w != 1)
    return CUDNN_STATUS_BAD_PARAM;
  return by_type(s.type, [&]<class T>(T) {
    auto sums = zeros(*of_db);
    for (int64_t i = 0; i < s.n * s.c * s.h * s.w; ++i)
      sums[size_t(i / (s.h * s.w) % s.c)] += double(static_cast<const T*>(dy)[i]);
    return finish<T>(alpha, sums, beta, db);
  });
}

}  // extern "C"
