// y[n, k, p, q] = bias[k] + sum_{c, r, s} weight[k, c, r, s] * x[n, c, p * stride.y + r -
// padding.y, q * stride.x + s - padding.x]: convolution of images (a cross-correlation, as
// everywhere in the field); x counts as 0 outside its H x W elements.
#pragma once
#include "engine/tensor.h"
#include "kernels/pair.h"

namespace hitsieve {

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;  ///< rows of zeros above and below x, and columns left and right of it
};

/// x (N, C, H, W), weight (K, C, R, S), bias (K) or undefined -> y (N, K, P, Q),
///   P = (H + 2 padding.y - R) / stride.y + 1, Q = (W + 2 padding.x - S) / stride.x + 1.
/// f32 or f64, all on one device. An error if the padded image is smaller than R x S.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Conv2dOptions& options = {});

struct Conv2dSizes {
  int64_t N, C, H, W, K, R, S;
  Pair stride, padding;
  int64_t output_height() const { return (H + 2 * padding.y - R) / stride.y + 1; }
  int64_t output_width() const { return (W + 2 * padding.x - S) / stride.x + 1; }
  int64_t output_area() const { return output_height() * output_width(); }
};

/// What a device brings. No size is 0. Gradients are overwritten, not added to. Only those are
/// asked for that somebody wants: never backward_x for a network's input.
template <class T>
struct Conv2dKernels {
  /// `bias` may be null.
  void (*forward)(const Conv2dSizes& sizes, const T* x, const T* weight, const T* bias, T* y);
  void (*backward_x)(const Conv2dSizes& sizes, const T* dy, const T* weight, T* dx);
  void (*backward_weight)(const Conv2dSizes& sizes, const T* dy, const T* x, T* dweight);
  void (*backward_bias)(const Conv2dSizes& sizes, const T* dy, T* dbias);
};

template <class T>
constexpr Library library_of<Conv2dKernels<T>> = Library::cudnn;

}  // namespace hitsieve
