#include "engine/launch.cuh"
#include "kernels/gemm.h"

namespace hitsieve {
namespace {

constexpr int tile = 16;  // a block makes a tile x tile piece of c, a thread one element

template <class T>
__global__ void product_kernel(GemmSizes s, const T* a, const T* b, T* c) {
  SHARED(T, a_tile, [tile][tile + 1]);
  SHARED(T, b_tile, [tile][tile + 1]);
  const int tx = int(threadIdx.x), ty = int(threadIdx.y);
  const int64_t m = int64_t(blockIdx.y) * tile + ty, n = int64_t(blockIdx.x) * tile + tx;
  T sum = 0;
  for (int64_t k0 = 0; k0 < s.K; k0 += tile) {
    const int64_t ka = k0 + tx, kb = k0 + ty;
    a_tile[ty][tx] = m < s.M && ka < s.K ? a[s.transpose_a ? ka * s.M + m : m * s.K + ka] : T(0);
    b_tile[ty][tx] = n < s.N && kb < s.K ? b[s.transpose_b ? n * s.K + kb : kb * s.N + n] : T(0);
    __syncthreads();
    for (int k = 0; k < tile; ++k) sum += a_tile[ty][k] * b_tile[k][tx];
    __syncthreads();
  }
  if (m < s.M && n < s.N) c[m * s.N + n] = sum;
}

template <class T>
void product(const GemmSizes& s, const T* a, const T* b, T* c) {
  if (s.M == 0 || s.N == 0) return;
  const dim3 grid(unsigned((s.N + tile - 1) / tile), unsigned((s.M + tile - 1) / tile));
  launch(product_kernel<T>, grid, dim3(tile, tile), 0, s, a, b, c);
}

template <class T>
constexpr GemmKernels<T> kernels{product<T>};

}  // namespace

template <>
const GemmKernels<float> On<GemmKernels<float>>::cuda = kernels<float>;
template <>
const GemmKernels<double> On<GemmKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
