// The PTX instructions that CUDA C++ has no name for, as thin wrappers; the only place with inline
// PTX. Each has an emulated body (cuda_on_host/ptx.h) after the PTX ISA manual's layouts; a test on
// a real GPU must confirm a layout, since a kernel and its emulation can be wrong alike.
//
//   cp_async<16>(&tile[i], x + i);           copies to shared memory in the background
//   cp_async<16>(&tile[i], x + i, inside);   zeros if not inside (x + i is then not read)
//   cp_async_commit(); cp_async_wait<1>();   waits for all groups but the last; then a barrier
#pragma once
#include "engine/launch.cuh"

#if !HITSIEVE_NVCC
#include "engine/cuda_on_host/ptx.h"
#endif

namespace hitsieve {

#if HITSIEVE_NVCC

template <int bytes>
__device__ __forceinline__ void cp_async(void* shared, const void* global, bool inside = true) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16);
  const unsigned to = unsigned(__cvta_generic_to_shared(shared));
  const int read = inside ? bytes : 0;
  if constexpr (bytes == 16)
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(read)
                 : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(to), "l"(global), "n"(bytes),
                 "r"(read)
                 : "memory");
}
__device__ __forceinline__ void cp_async_commit() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int groups_left>
__device__ __forceinline__ void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(groups_left) : "memory");
}

/// d (16, 8) += a (16, 8) b (8, 8), tf32 in, float32 out.
__device__ __forceinline__ void mma_tf32(float (&d)[4], const uint32_t (&a)[4],
                                         const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
/// d (16, 8) += a (16, 16) b (16, 8), bf16 in, float32 out.
__device__ __forceinline__ void mma_bf16(float (&d)[4], const uint32_t (&a)[4],
                                         const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
/// Four 8 x 8 matrices of 16-bit elements from shared memory; lane l brings row l % 8 of matrix
/// l / 8, 16-byte aligned.
template <bool transpose = false>
__device__ __forceinline__ void ldmatrix_x4(uint32_t (&r)[4], const void* row) {
  const unsigned from = unsigned(__cvta_generic_to_shared(row));
  if constexpr (transpose)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(from)
                 : "memory");
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(from)
                 : "memory");
}
/// Rounded to tf32's 10 bits of mantissa; without it the lower bits are cut off.
__device__ __forceinline__ uint32_t to_tf32(float x) {
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
}

/// 1 / x and 1 / sqrt(x) to about 1 in 2^22; numbers below 2^-126 count as 0.
__device__ __forceinline__ float reciprocal(float x) {
  asm("rcp.approx.ftz.f32 %0, %0;" : "+f"(x));
  return x;
}
__device__ __forceinline__ float inverse_root(float x) {
  asm("rsqrt.approx.ftz.f32 %0, %0;" : "+f"(x));
  return x;
}

#else

template <int bytes>
void cp_async(void* shared, const void* global, bool inside = true) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16);
  emu::async_copy(shared, global, bytes, inside ? bytes : 0);
}
inline void cp_async_commit() { emu::async_commit(); }
template <int groups_left>
void cp_async_wait() {
  emu::async_wait(groups_left);
}
inline void mma_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                     HITSIEVE_EMU_HERE) {
  emu::mma_tf32({"mma_tf32", file, line}, d, a, b);
}
inline void mma_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                     HITSIEVE_EMU_HERE) {
  emu::mma_bf16({"mma_bf16", file, line}, d, a, b);
}
template <bool transpose = false>
void ldmatrix_x4(uint32_t (&r)[4], const void* row, HITSIEVE_EMU_HERE) {
  emu::load_matrices({"ldmatrix_x4", file, line}, r, row, transpose);
}
inline uint32_t to_tf32(float x) { return emu::round_to_tf32(x); }
inline float reciprocal(float x) { return 1 / x; }
inline float inverse_root(float x) { return 1 / std::sqrt(x); }
#endif

}  // namespace hitsieve
