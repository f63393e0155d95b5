// General matrix product, the arithmetic under linear(). Row-major, accumulated in the element
// type in ascending k, so the bits do not depend on the number of threads. On a GPU cuBLAS makes it
// (engine/library.h): IEEE arithmetic too, and the same bits each time, but in an order of its own.
#pragma once
#include <cstdint>

#include "engine/device.h"

namespace hitsieve {

/// c (M, N) = op(a) (M, K) * op(b) (K, N). With transpose_a, a is stored (K, M); with transpose_b,
/// b is stored (N, K).
struct GemmSizes {
  int64_t M, N, K;
  bool transpose_a = false, transpose_b = false;
};

template <class T>
struct GemmKernels {
  void (*product)(const GemmSizes& sizes, const T* a, const T* b, T* c);
};

template <class T>
constexpr Library library_of<GemmKernels<T>> = Library::cublas;

}  // namespace hitsieve
