// Atomics, intrinsics, vector types and the wrappers of PTX instructions. The same tests run on a
// GPU: there they confirm the layouts that the emulated mma and ldmatrix have from the manual.
#include <cmath>

#include <doctest/doctest.h>

#include "engine/half.cuh"
#include "engine/ptx.cuh"
#include "tests/engine/cuda_on_host.cuh"

using namespace hitsieve;

namespace {

__global__ void atomics_kernel(int* i, unsigned* u, unsigned long long* l, float* f, double* d) {
  const int t = int(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(&i[0], t);
  atomicMax(&i[1], t % 100 - 50);
  atomicMin(&i[2], t % 100 - 50);
  atomicCAS(&i[3], 0, 1);
  atomicSub(&i[4], 1);
  atomicExch(&i[5], 9);
  atomicAdd(&u[0], 1u);
  atomicOr(&u[1], 1u << (t % 32));
  atomicXor(&u[2], 1u << (t % 31));
  atomicInc(&u[3], 9u);
  atomicAdd(&l[0], 1ull << 33);
  atomicMax(&l[1], static_cast<unsigned long long>(t));
  atomicAdd(f, 1.0f);
  atomicAdd(d, 0.5);
}

__global__ void intrinsics_kernel(int* i, float* f) {
  i[0] = __popc(0xf0f0u), i[1] = __clz(0), i[2] = __clz(1 << 20), i[3] = __ffs(8), i[4] = __ffs(0);
  i[5] = int(__brev(1u)), i[6] = __float2int_rn(2.5f), i[7] = __float2int_rn(3.5f);
  i[8] = __float2int_rz(-2.9f), i[9] = __float2int_rd(-2.1f), i[10] = __float2int_ru(2.1f);
  i[11] = __float2int_rn(1e20f), i[12] = int(__umulhi(0x80000000u, 6u));
  i[13] = __float_as_int(1.0f), i[14] = min(-3, 2), i[15] = max(4u, 9u) == 9u;
  i[16] = __clzll(1), i[17] = __popcll(~0ull), i[18] = __float2int_rn(NAN);
  i[19] = int(__byte_perm(0x44332211u, 0x88776655u, 0x7410u));
  i[20] = int(__byte_perm(0x44332211u, 0x88776655u, 0xfb20u));
  f[0] = rsqrtf(4.0f), f[1] = __fdividef(1.0f, 4.0f), f[2] = __saturatef(-1.0f);
  f[3] = __saturatef(2.0f), f[4] = __int_as_float(0x40000000), f[5] = fmaf(2, 3, 4);
  f[6] = max(NAN, 1.0f), f[7] = __frcp_rn(8.0f), f[8] = __expf(0.0f);
}

__global__ void vectors_kernel(const float4* x, float4* y, uint2* u) {
  const float4 v = __ldg(x + threadIdx.x);
  y[threadIdx.x] = make_float4(v.w, v.z, v.y, v.x);
  u[threadIdx.x] = make_uint2(threadIdx.x, 1);
}

/// A two-stage pipeline; the rows past the end are zeros that are never read.
template <int bytes>
__global__ void pipeline_kernel(int rows, const float* x, float* y) {
  constexpr int per_copy = bytes / 4, width = 32 * per_copy;
  SHARED(float, stage, [2][width]);
  const int t = int(threadIdx.x);
  const auto start = [&](int row) {
    cp_async<bytes>(&stage[row % 2][t * per_copy], x + row * width + t * per_copy, row < rows);
    cp_async_commit();
  };
  float sum = 0;
  start(0);
  for (int row = 0; row < rows; ++row) {
    start(row + 1);
    cp_async_wait<1>();
    __syncthreads();
    sum += stage[row % 2][width - 1 - t];
    __syncthreads();
  }
  cp_async_wait<0>();
  __syncthreads();
  y[t] = sum + stage[rows % 2][width - 1 - t];
}

/// d (16, 8) = a (16, 8) b (8, 8).
__global__ void tf32_kernel(const float* a, const float* b, float* d) {
  const int g = int(threadIdx.x) / 4, t = int(threadIdx.x) % 4;
  const uint32_t fa[4] = {to_tf32(a[g * 8 + t]), to_tf32(a[(g + 8) * 8 + t]),
                          to_tf32(a[g * 8 + t + 4]), to_tf32(a[(g + 8) * 8 + t + 4])};
  const uint32_t fb[2] = {to_tf32(b[t * 8 + g]), to_tf32(b[(t + 4) * 8 + g])};
  float sum[4] = {};
  mma_tf32(sum, fa, fb);
  for (int i = 0; i < 4; ++i) d[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = sum[i];
}

/// d (16, 8) = a (16, 16) b (16, 8), through shared memory and ldmatrix; a row-major, b
/// column-major or, if transpose, row-major. The bits of bf16 come as uint16.
template <bool transpose>
__global__ void bf16_kernel(const uint16_t* a, const uint16_t* b, float* d) {
  SHARED(uint4, tiles, [64]);  // 16-byte aligned
  uint16_t* const sa = reinterpret_cast<uint16_t*>(tiles);
  uint16_t* const sb = sa + 256;
  const int lane = int(threadIdx.x);
  for (int i = lane; i < 256; i += 32) sa[i] = a[i];
  for (int i = lane; i < 128; i += 32) sb[i] = b[i];
  __syncwarp();
  uint32_t fa[4], fb[4];
  ldmatrix_x4(fa, sa + (lane % 16) * 16 + lane / 16 * 8);
  // Two matrices are enough for b; the upper lanes point at the same rows again.
  ldmatrix_x4<transpose>(
      fb, transpose ? sb + (lane % 16) * 8 : sb + (lane % 8) * 16 + lane / 8 % 2 * 8);
  float sum[4] = {};
  const uint32_t two[2] = {fb[0], fb[1]};
  mma_bf16(sum, fa, two);
  const int g = lane / 4, t = lane % 4;
  for (int i = 0; i < 4; ++i) d[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = sum[i];
}

/// To 16 bits and back: y (2, n) as half, as bfloat16.
__global__ void half_kernel(int n, const float* x, float* y) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= n) return;
  y[i] = __half2float(__float2half(x[i]));
  y[n + i] = __bfloat162float(__float2bfloat16(x[i]));
}

uint16_t small_bf16(int value) {  // exact: 8 bits of mantissa
  const float x = float(value);
  uint32_t bits;
  std::memcpy(&bits, &x, 4);
  return uint16_t(bits >> 16);
}

}  // namespace

TEST_CASE("atomics") {
  if (!device_present()) return;
  emu::for_each_schedule([] {
    OnDevice<int> i(std::vector<int>(6));
    OnDevice<unsigned> u(std::vector<unsigned>(4));
    OnDevice<unsigned long long> l(std::vector<unsigned long long>(2));
    OnDevice<float> f(std::vector<float>(1));
    OnDevice<double> d(std::vector<double>(1));
    launch(atomics_kernel, 5, 200, 0, i, u, l, f, d);
    CHECK(i.host() == std::vector<int>{499500, 49, -50, 1, -1000, 9});
    unsigned flips = 0;
    for (int t = 0; t < 1000; ++t) flips ^= 1u << (t % 31);
    CHECK(u.host() == std::vector<unsigned>{1000, ~0u, flips, 0});
    CHECK(l.host() == std::vector<unsigned long long>{1000ull << 33, 999});
    CHECK(f.host()[0] == 1000);
    CHECK(d.host()[0] == 500);
  });
}

TEST_CASE("intrinsics") {
  if (!device_present()) return;
  OnDevice<int> i(21);
  OnDevice<float> f(9);
  launch(intrinsics_kernel, 1, 1, 0, i, f);
  CHECK(i.host() == std::vector<int>{8,
                                     32,
                                     11,
                                     4,
                                     0,
                                     INT32_MIN,
                                     2,
                                     4,
                                     -2,
                                     -3,
                                     3,
                                     INT32_MAX,
                                     3,
                                     0x3f800000,
                                     -3,
                                     1,
                                     63,
                                     64,
                                     0,
                                     int(0x88552211u),
                                     int(0x88443311u)});
  CHECK(f.host() == std::vector<float>{0.5f, 0.25f, 0, 1, 2, 10, 1, 0.125f, 1});
}

TEST_CASE("vector types are loaded and stored whole") {
  if (!device_present()) return;
  OnDevice<float4> x(std::vector<float4>(4, make_float4(1, 2, 3, 4))), y(4);
  OnDevice<uint2> u(4);
  launch(vectors_kernel, 1, 4, 0, x, y, u);
  const float4 v = y.host()[3];
  CHECK((v.x == 4 && v.y == 3 && v.z == 2 && v.w == 1));
  CHECK(u.host()[3].x == 3);
  CHECK((alignof(float4) == 16 && alignof(float2) == 8 && alignof(ushort4) == 8));
}

TEST_CASE("16-bit floats round to nearest even, with subnormals and infinities") {
  if (!device_present()) return;
  const float tiny = 0x1p-24f;  // the smallest half
  const std::vector<float> x{1.0f,          1 + 0x1p-11f, 1 + 0x1.8p-10f, -65504,
                             65519,         65520,        tiny / 2,       tiny * 0.75f,
                             tiny * 2.5f,   0x1p-14f,     0x1.ffcp-15f,   1 + 0x1p-8f,
                             1 + 0x1.8p-7f, -3.0e38f,     INFINITY,       -0.0f};
  const std::vector<float> half{1.0f,
                                1.0f,
                                1 + 0x1p-9f,
                                -65504,
                                65504,
                                INFINITY,
                                0,
                                tiny,
                                tiny * 2,
                                0x1p-14f,
                                0x1.ff8p-15f + 0x1p-24f,
                                1 + 0x1p-8f,
                                1 + 0x1.8p-7f,
                                -INFINITY,
                                INFINITY,
                                -0.0f};
  const std::vector<float> bfloat{1.0f,        1.0f,         1.0f,        -65536,   65536,    65536,
                                  tiny / 2,    tiny * 0.75f, tiny * 2.5f, 0x1p-14f, 0x1p-14f, 1.0f,
                                  1 + 0x1p-6f, -0x1.c4p127f, INFINITY,    -0.0f};
  const int n = int(x.size());
  OnDevice<float> dx(x), y(2 * x.size());
  launch_over(n, half_kernel, n, dx, y);
  const auto host = y.host();
  for (size_t i = 0; i < x.size(); ++i) {
    INFO("x ", x[i]);
    CHECK(host[i] == half[i]);
    CHECK(host[x.size() + i] == bfloat[i]);
    CHECK(std::signbit(host[i]) == std::signbit(half[i]));
  }
  OnDevice<float> nan(std::vector<float>{NAN}), two(2);
  launch_over(1, half_kernel, 1, nan, two);
  CHECK((std::isnan(two.host()[0]) && std::isnan(two.host()[1])));
}

TEST_CASE("cp_async: a pipeline of copies of 4, 8 and 16 bytes") {
  if (!device_present()) return;
  const auto run = [](auto kernel, int width) {
    constexpr int rows = 5;
    std::vector<float> x(size_t(rows * width));
    for (size_t i = 0; i < x.size(); ++i) x[i] = float(i);
    OnDevice<float> dx(x), y(32);
    emu::for_each_schedule([&] {
      launch(kernel, 1, 32, 0, rows, dx, y);
      const auto host = y.host();
      for (int t = 0; t < 32; ++t)
        REQUIRE(host[size_t(t)] == float(rows * (width - 1 - t) + width * 10));
    });
  };
  run(pipeline_kernel<4>, 32);
  run(pipeline_kernel<8>, 64);
  run(pipeline_kernel<16>, 128);
}

TEST_CASE("mma_tf32 multiplies 16 x 8 by 8 x 8") {
  if (!device_present()) return;
  std::vector<float> a(128), b(64), expected(128);
  for (int i = 0; i < 128; ++i) a[size_t(i)] = float(i * 7 % 23 - 11);
  for (int i = 0; i < 64; ++i) b[size_t(i)] = float(i * 5 % 17 - 8);
  for (size_t m = 0; m < 16; ++m)
    for (size_t n = 0; n < 8; ++n)
      for (size_t k = 0; k < 8; ++k) expected[m * 8 + n] += a[m * 8 + k] * b[k * 8 + n];
  OnDevice<float> da(a), db(b), d(128);
  launch(tf32_kernel, 1, 32, 0, da, db, d);
  CHECK(d.host() == expected);
}

TEST_CASE("ldmatrix and mma_bf16 multiply 16 x 16 by 16 x 8") {
  if (!device_present()) return;
  std::vector<uint16_t> a(256), by_column(128), by_row(128);
  std::vector<float> expected(128);
  const auto va = [](size_t m, size_t k) { return int(m * 16 + k) * 7 % 23 - 11; };
  const auto vb = [](size_t k, size_t n) { return int(k * 8 + n) * 5 % 17 - 8; };
  for (size_t k = 0; k < 16; ++k) {
    for (size_t m = 0; m < 16; ++m) a[m * 16 + k] = small_bf16(va(m, k));
    for (size_t n = 0; n < 8; ++n) by_column[n * 16 + k] = by_row[k * 8 + n] = small_bf16(vb(k, n));
  }
  for (size_t m = 0; m < 16; ++m)
    for (size_t n = 0; n < 8; ++n)
      for (size_t k = 0; k < 16; ++k) expected[m * 8 + n] += float(va(m, k) * vb(k, n));
  OnDevice<uint16_t> da(a), dc(by_column), dr(by_row);
  OnDevice<float> d(128);
  launch(bf16_kernel<false>, 1, 32, 0, da, dc, d);
  CHECK(d.host() == expected);
  launch(bf16_kernel<true>, 1, 32, 0, da, dr, d);
  CHECK(d.host() == expected);
}
