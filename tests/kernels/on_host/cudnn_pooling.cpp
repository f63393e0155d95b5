#include <cmath>
#include <limits>
#include <vector>

#include "tests/kernels/on_host/cudnn.h"

namespace {

using on_host::blend;
using on_host::by_type;

/// body(offset in x) for the elements that window (p, q) of plane i sees; returns how many.
template <class Body>
int64_t for_window(const cudnnPoolingStruct& s, const cudnnTensorStruct& x, int64_t i, int64_t p,
                   int64_t q, const Body& body) {
  int64_t seen = 0;
  for (int64_t h = p * s.stride_y - s.pad_y; h < p * s.stride_y - s.pad_y + s.size_y; ++h)
    for (int64_t w = q * s.stride_x - s.pad_x; w < q * s.stride_x - s.pad_x + s.size_x; ++w)
      if (h >= 0 && h < x.h && w >= 0 && w < x.w) body((i * x.h + h) * x.w + w), ++seen;
  return seen;
}

bool as_documented(cudnnHandle_t handle, const cudnnPoolingStruct& s, const cudnnTensorStruct& x,
                   const cudnnTensorStruct& y) {
  return !handle->stream && x.n == y.n && x.c == y.c && x.type == y.type &&
         s.nan == CUDNN_PROPAGATE_NAN && y.h == 1 + (x.h + 2 * s.pad_y - s.size_y) / s.stride_y &&
         y.w == 1 + (x.w + 2 * s.pad_x - s.size_x) / s.stride_x;
}

}  // namespace

extern "C" {

cudnnStatus_t cudnnSetPooling2dDescriptor(cudnnPoolingDescriptor_t s, cudnnPoolingMode_t mode,
                                          cudnnNanPropagation_t nan, int size_h, int size_w,
                                          int pad_h, int pad_w, int stride_h, int stride_w) {
  if (size_h < 1 || size_w < 1 || pad_h < 0 || pad_w < 0 || stride_h < 1 || stride_w < 1)
    return CUDNN_STATUS_BAD_PARAM;
  *s = {mode, nan, size_h, size_w, pad_h, pad_w, stride_h, stride_w};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetPooling2dForwardOutputDim(const cudnnPoolingDescriptor_t s,
                                                const cudnnTensorDescriptor_t x, int* n, int* c,
                                                int* h, int* w) {
  *n = int(x->n), *c = int(x->c);
  *h = int(1 + (x->h + 2 * s->pad_y - s->size_y) / s->stride_y);
  *w = int(1 + (x->w + 2 * s->pad_x - s->size_x) / s->stride_x);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnPoolingForward(cudnnHandle_t handle, const cudnnPoolingDescriptor_t s,
                                  const void* alpha, const cudnnTensorDescriptor_t of_x,
                                  const void* x, const void* beta,
                                  const cudnnTensorDescriptor_t of_y, void* y) {
  if (!as_documented(handle, *s, *of_x, *of_y)) return CUDNN_STATUS_BAD_PARAM;
  return by_type(of_x->type, [&]<class T>(T) {
    const T* from = static_cast<const T*>(x);
    for (int64_t i = 0; i < of_y->n * of_y->c * of_y->h * of_y->w; ++i) {
      const int64_t plane = i / (of_y->h * of_y->w), p = i / of_y->w % of_y->h, q = i % of_y->w;
      double most = -std::numeric_limits<double>::infinity(), sum = 0;
      const int64_t seen = for_window(*s, *of_x, plane, p, q, [&](int64_t at) {
        if (from[at] > most || std::isnan(from[at])) most = double(from[at]);
        sum += double(from[at]);
      });
      const double mean = sum / double(s->mode == CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING
                                           ? seen
                                           : s->size_y * s->size_x);
      blend(alpha, s->mode == CUDNN_POOLING_MAX_DETERMINISTIC ? most : mean, beta,
            static_cast<T*>(y)[i]);
    }
    return CUDNN_STATUS_SUCCESS;
  });
}

cudnnStatus_t cudnnPoolingBackward(cudnnHandle_t handle, const cudnnPoolingDescriptor_t s,
                                   const void* alpha, const cudnnTensorDescriptor_t of_y,
                                   const void* y, const cudnnTensorDescriptor_t of_dy,
                                   const void* dy, const cudnnTensorDescriptor_t of_x,
                                   const void* x, const void* beta,
                                   const cudnnTensorDescriptor_t of_dx, void* dx) {
  if (!as_documented(handle, *s, *of_x, *of_y) || *of_y != *of_dy || *of_x != *of_dx || !y || !x)
    return CUDNN_STATUS_BAD_PARAM;
  return by_type(of_x->type, [&]<class T>(T) {
    std::vector<double> sums(size_t(of_x->n * of_x->c * of_x->h * of_x->w));
    for (int64_t i = 0; i < of_y->n * of_y->c * of_y->h * of_y->w; ++i) {
      const int64_t plane = i / (of_y->h * of_y->w), p = i / of_y->w % of_y->h, q = i % of_y->w;
      const double slope = double(static_cast<const T*>(dy)[i]);
      const int64_t seen = for_window(*s, *of_x, plane, p, q, [](int64_t) {});
      for_window(*s, *of_x, plane, p, q, [&](int64_t at) {
        if (s->mode != CUDNN_POOLING_MAX_DETERMINISTIC)
          sums[size_t(at)] += slope / double(seen);
        else if (static_cast<const T*>(x)[at] == static_cast<const T*>(y)[i])
          sums[size_t(at)] += slope;
      });
    }
    for (size_t i = 0; i < sums.size(); ++i) blend(alpha, sums[i], beta, static_cast<T*>(dx)[i]);
    return CUDNN_STATUS_SUCCESS;
  });
}

}  // extern "C"
