// Pooling of images: the largest element, or the mean, of each window. As in PyTorch: padding takes
// no part (it counts neither as a maximum nor in a mean's divisor), and with ceil_mode the last
// windows may reach past the bottom and the right, but must start inside x or in the padding before
// it.
#pragma once
#include "engine/host_device.h"
#include "engine/tensor.h"
#include "kernels/pair.h"

namespace hitsieve {

struct Pool2dOptions {
  Pair kernel, stride;  ///< no defaults: 1 or more
  Pair padding = 0;     ///< at most half the kernel
  bool ceil_mode = false;
};

/// x (N, C, H, W) -> y (N, C, P, Q), P = (H + 2 padding.y - kernel.y) / stride.y + 1, rounded down,
/// or up with ceil_mode, less one if that window would start beyond x; Q likewise. f32 or f64. A
/// NaN in a window is its maximum; of equal maxima the first, row by row, gets the gradient.
Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options);
Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options);

/// Windows along one axis of `length` elements.
struct PoolAxis {
  int64_t length, windows, kernel, stride, padding;

  /// The elements [first, last) that window l sees: at least one.
  HS_HD int64_t first(int64_t l) const {
    const int64_t start = l * stride - padding;
    return start < 0 ? 0 : start;
  }
  HS_HD int64_t last(int64_t l) const {
    const int64_t end = l * stride - padding + kernel;
    return end > length ? length : end;
  }
  /// The windows [first, last) that see element i; may be none.
  HS_HD int64_t first_window(int64_t i) const {
    const int64_t end = i + padding - kernel;
    return end < 0 ? 0 : end / stride + 1;
  }
  HS_HD int64_t last_window(int64_t i) const {
    const int64_t end = (i + padding) / stride + 1;
    return end > windows ? windows : end;
  }
};

struct Pool2dSizes {
  int64_t planes;  ///< N C
  PoolAxis y, x;
  HS_HD int64_t pixels() const { return y.length * x.length; }
  HS_HD int64_t area() const { return y.windows * x.windows; }
  /// The number of elements of x in a window, as what the sum of them is divided by.
  HS_HD int64_t elements(int64_t p, int64_t q) const {
    return (y.last(p) - y.first(p)) * (x.last(q) - x.first(q));
  }
};

/// Whether `candidate` takes the place of the largest element so far. No branch: vectorised.
template <class T>
HS_HD bool is_larger(T candidate, T best) {
  return (candidate > best) | (candidate != candidate);
}

template <class T>
HS_HD bool is_smaller(T candidate, T best) {
  return (candidate < best) | (candidate != candidate);
}

/// Throws, as `who`, unless all is as max_pool2d wants it.
Pool2dSizes check_pool2d(const char* who, const Tensor& x, const Pool2dOptions& options);

/// What a device brings. Nothing is empty.
template <class T>
struct Pool2dKernels {
  void (*max_forward)(const Pool2dSizes& sizes, const T* x, T* y);
  void (*max_backward)(const Pool2dSizes& sizes, const T* dy, const T* x, T* dx);
  void (*avg_forward)(const Pool2dSizes& sizes, const T* x, T* y);
  void (*avg_backward)(const Pool2dSizes& sizes, const T* dy, T* dx);
};

/// cuDNN refuses windows that hang over the padding's end, and the way back through a maximum that
/// has_equal_maxima() calls open.
template <class T>
constexpr Library library_of<Pool2dKernels<T>> = Library::cudnn;

/// Of x on cuda: whether a window has its maximum more than once, or a NaN. The contract says which
/// element gets the gradient then, cuDNN does not.
template <class T>
bool has_equal_maxima(const Pool2dSizes& sizes, const T* x);

/// cuDNN's part of its max_backward alone: y is at hand, and nobody looks for equal maxima. For
/// benchmarks; only in builds with cuDNN.
template <class T>
void cudnn_max_backward(const Pool2dSizes& sizes, const T* dy, const T* x, const T* y, T* dx);

}  // namespace hitsieve
