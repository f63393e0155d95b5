// Pooling along one axis: the largest element, or the mean, of each window. As in PyTorch: padding
// takes no part (it counts neither as a maximum nor in a mean's divisor), and with ceil_mode the
// last window may reach past the end, but must start inside x or its left padding.
#pragma once
#include "engine/host_device.h"
#include "engine/tensor.h"

namespace hitsieve {

struct Pool1dOptions {
  int64_t kernel, stride;  ///< no defaults: 1 or more
  int64_t padding = 0;     ///< at most half the kernel
  bool ceil_mode = false;
};

/// x (N, C, L) -> y (N, C, L'), L' = (L + 2 padding - kernel) / stride + 1, rounded down, or up
/// with ceil_mode. f32 or f64. A NaN in a window is its maximum; of equal maxima the first gets the
/// gradient.
Tensor max_pool1d(const Tensor& x, const Pool1dOptions& options);
Tensor avg_pool1d(const Tensor& x, const Pool1dOptions& options);

/// Windows over `rows` rows of L elements; L' of them a row.
struct Pool1dSizes {
  int64_t rows, L, windows, kernel, stride, padding;

  /// The elements [first, last) of x that window l sees: at least one.
  HS_HD int64_t first(int64_t l) const {
    const int64_t start = l * stride - padding;
    return start < 0 ? 0 : start;
  }
  HS_HD int64_t last(int64_t l) const {
    const int64_t end = l * stride - padding + kernel;
    return end > L ? L : end;
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

/// Whether `candidate` takes the place of the largest element so far.
template <class T>
HS_HD bool is_larger(T candidate, T best) {
  return candidate > best || candidate != candidate;
}

/// Where the maximum of window l of a row is.
template <class T>
HS_HD int64_t place_of_maximum(const Pool1dSizes& s, const T* x, int64_t l) {
  int64_t best = s.first(l);
  for (int64_t i = best + 1; i < s.last(l); ++i)
    if (is_larger(x[i], x[best])) best = i;
  return best;
}

/// What a device brings. Nothing is empty.
template <class T>
struct Pool1dKernels {
  void (*max_forward)(const Pool1dSizes& sizes, const T* x, T* y);
  void (*max_backward)(const Pool1dSizes& sizes, const T* dy, const T* x, T* dx);
  void (*avg_forward)(const Pool1dSizes& sizes, const T* x, T* y);
  void (*avg_backward)(const Pool1dSizes& sizes, const T* dy, T* dx);
};

}  // namespace hitsieve
