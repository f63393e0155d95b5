#include "engine/cuda_on_host/ptx.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "engine/check.h"
#include "engine/cuda_on_host/block.h"

namespace hitsieve::emu {
namespace {

BlockRunner& runner(const char* what) {
  BlockRunner* const runner = BlockRunner::current();
  check(runner, what, " is used outside of a kernel");
  return *runner;
}

void check_aligned(const char* what, const void* p, size_t bytes) {
  if (reinterpret_cast<uintptr_t>(p) % bytes != 0)
    throw Error(
        text(what, ": ", p, " is not aligned to ", bytes, " bytes; ", runner(what).where()));
}

float bf16(uint32_t pair, int half) {
  return std::bit_cast<float>(half ? pair & 0xffff0000u : pair << 16);
}
float tf32(uint32_t bits) { return std::bit_cast<float>(bits & 0xffffe000u); }

struct MmaLane {
  float* d;
  const uint32_t *a, *b;
};

const MmaLane& lane_of(void* const payload[32], int row, int column) {
  return *static_cast<const MmaLane*>(payload[row * 4 + column]);
}

/// Adds the product of the 16 x k matrix a(m, k) and the k x 8 matrix b(k, n) to the fragments d:
/// lane 4 g + t holds rows g and g + 8, columns 2 t and 2 t + 1.
template <class A, class B>
void add_product(void* const payload[32], int K, A a, B b) {
  for (int m = 0; m < 16; ++m)
    for (int n = 0; n < 8; ++n) {
      float sum = 0;
      for (int k = 0; k < K; ++k) sum = std::fma(a(m, k), b(k, n), sum);
      lane_of(payload, m % 8, n / 2).d[m / 8 * 2 + n % 2] += sum;
    }
}

/// a: lane 4 g + t holds (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4); b: (t, g), (t + 4, g).
void combine_tf32(uint32_t, void* const payload[32]) {
  add_product(
      payload, 8,
      [&](int m, int k) { return tf32(lane_of(payload, m % 8, k % 4).a[m / 8 + k / 4 * 2]); },
      [&](int k, int n) { return tf32(lane_of(payload, n, k % 4).b[k / 4]); });
}

/// As tf32 with columns (of a) and rows (of b) 2 t and 2 t + 1 in one register, and + 8 for + 4.
void combine_bf16(uint32_t, void* const payload[32]) {
  add_product(
      payload, 16,
      [&](int m, int k) {
        return bf16(lane_of(payload, m % 8, k % 8 / 2).a[m / 8 + k / 8 * 2], k % 2);
      },
      [&](int k, int n) { return bf16(lane_of(payload, n, k % 8 / 2).b[k / 8], k % 2); });
}

struct LoadLane {
  uint16_t row[8];
  uint32_t* r;
};

/// Lane 8 i + j brought row j of matrix i; lane 4 g + t gets its elements (g, 2 t), (g, 2 t + 1).
template <bool transpose>
void combine_load(uint32_t, void* const payload[32]) {
  for (int l = 0; l < 32; ++l)
    for (int i = 0; i < 4; ++i) {
      const auto element = [&](int row, int column) -> uint32_t {
        return static_cast<const LoadLane*>(payload[8 * i + row])->row[column];
      };
      const int g = l / 4, t = l % 4 * 2;
      static_cast<LoadLane*>(payload[l])->r[i] = transpose
                                                     ? element(t, g) | element(t + 1, g) << 16
                                                     : element(g, t) | element(g, t + 1) << 16;
    }
}

}  // namespace

void async_copy(void* to, const void* from, size_t bytes, size_t read_bytes) {
  check_aligned("cp_async to", to, bytes);
  check_aligned("cp_async from", from, bytes);
  BlockRunner& block = runner("cp_async");
  block.copies().start(to, from, bytes, read_bytes, block.copies_at_once());
}
void async_commit() { runner("cp_async_commit").copies().commit(); }
void async_wait(size_t groups_left) { runner("cp_async_wait").copies().wait_groups(groups_left); }

void mma_tf32(const Site& site, float d[4], const uint32_t a[4], const uint32_t b[2]) {
  MmaLane mine{d, a, b};
  warp_collective(site, 0xffffffffu, &mine, combine_tf32);
}
void mma_bf16(const Site& site, float d[4], const uint32_t a[4], const uint32_t b[2]) {
  MmaLane mine{d, a, b};
  warp_collective(site, 0xffffffffu, &mine, combine_bf16);
}

void load_matrices(const Site& site, uint32_t r[4], const void* row, bool transpose) {
  check_aligned(site.what, row, 16);
  // Each lane reads its own row, by the sanitizers' memcpy, so that they see who reads what.
  static void* (*volatile copy_bytes)(void*, const void*, size_t) = std::memcpy;
  LoadLane mine{};
  copy_bytes(mine.row, row, sizeof mine.row);
  mine.r = r;
  warp_collective(site, 0xffffffffu, &mine, transpose ? combine_load<true> : combine_load<false>);
}

/// To nearest, halves away from zero: cvt.rna.tf32.f32.
uint32_t round_to_tf32(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  return x == x && !std::isinf(x) ? (bits + 0x1000) & 0xffffe000u : bits & 0xffffe000u;
}

}  // namespace hitsieve::emu
