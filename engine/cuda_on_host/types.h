// CUDA's keywords, vector types and index types, for the C++ compiler.
// Plain `__shared__` is left undefined on purpose: kernels use SHARED and DYN_SHARED (launch.cuh).
#pragma once
#include <cstddef>
#include <cstdint>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)

#define HITSIEVE_EMU_VECTOR(name, type, align2, align4)                          \
  struct name##1 {                                                               \
    type x;                                                                      \
  };                                                                             \
  struct alignas(align2) name##2 {                                               \
    type x, y;                                                                   \
  };                                                                             \
  struct name##3 {                                                               \
    type x, y, z;                                                                \
  };                                                                             \
  struct alignas(align4) name##4 {                                               \
    type x, y, z, w;                                                             \
  };                                                                             \
  constexpr name##1 make_##name##1(type x) { return {x}; }                       \
  constexpr name##2 make_##name##2(type x, type y) { return {x, y}; }            \
  constexpr name##3 make_##name##3(type x, type y, type z) { return {x, y, z}; } \
  constexpr name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }

HITSIEVE_EMU_VECTOR(char, signed char, 2, 4)
HITSIEVE_EMU_VECTOR(uchar, unsigned char, 2, 4)
HITSIEVE_EMU_VECTOR(short, short, 4, 8)
HITSIEVE_EMU_VECTOR(ushort, unsigned short, 4, 8)
HITSIEVE_EMU_VECTOR(int, int, 8, 16)
HITSIEVE_EMU_VECTOR(uint, unsigned int, 8, 16)
HITSIEVE_EMU_VECTOR(longlong, long long, 16, 16)
HITSIEVE_EMU_VECTOR(ulonglong, unsigned long long, 16, 16)
HITSIEVE_EMU_VECTOR(float, float, 8, 16)
HITSIEVE_EMU_VECTOR(double, double, 16, 16)
#undef HITSIEVE_EMU_VECTOR

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned vx = 1, unsigned vy = 1, unsigned vz = 1) : x(vx), y(vy), z(vz) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return {x, y, z}; }
};

// Set at each switch between CUDA threads; a CUDA thread never moves to another OS thread.
extern __thread uint3 threadIdx __attribute__((tls_model("initial-exec")));
extern __thread uint3 blockIdx __attribute__((tls_model("initial-exec")));
extern __thread uint3 blockDim __attribute__((tls_model("initial-exec")));
extern __thread uint3 gridDim __attribute__((tls_model("initial-exec")));
constexpr int warpSize = 32;
