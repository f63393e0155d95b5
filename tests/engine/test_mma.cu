// Products by a warp on tensor cores, against plain loops over inputs that are rounded alike. Runs
// on a GPU as well, where it confirms the order of the fragments.
#include <cmath>

#include <doctest/doctest.h>

#include "engine/mma.cuh"
#include "engine/philox.h"
#include "tests/engine/cuda_on_host.cuh"

using namespace hitsieve;

namespace {

constexpr int M = 16, N = 8, steps = 3;

/// d (16, 8) = c (16, 8) + a (16, K) b (8, K), with a window of a row begun at 32 bytes a step;
/// rounded: a and b as they are multiplied.
template <class T, bool loose>
__global__ void product_kernel(const float* a, const float* b, const float* c, float* d,
                               float* rounded) {
  constexpr int K = steps * T::depth, before = loose ? 1 : 8;
  SHARED(typename T::Element, tile, [before + (M + N) * K]);
  const int lane = int(threadIdx.x), g = lane / 4, t = lane % 4;
  typename T::Element* const ta = tile + before;
  for (int i = lane; i < (M + N) * K; i += 32) {
    ta[i] = T::rounded(i < M * K ? a[i] : b[i - M * K]);
    rounded[i] = T::value(ta[i]);
  }
  __syncwarp();
  float sum[4];
  for (int i = 0; i < 4; ++i) sum[i] = c[(g + i / 2 * 8) * N + 2 * t + i % 2];
  for (int s = 0; s < steps; ++s) {
    const auto piece = [&](int row) {
      const typename T::Element* const window = ta + row * K + s * T::depth;
      if constexpr (loose)
        return load_loose_piece(window, t);
      else
        return load_piece(window, t);
    };
    T::multiply_add(sum, piece(g), piece(g + 8), piece(M + g));
  }
  for (int i = 0; i < 4; ++i) d[(g + i / 2 * 8) * N + 2 * t + i % 2] = sum[i];
}

/// relative: of a rounding, at most.
template <class T, bool loose = false>
void check_product(double relative) {
  constexpr size_t K = steps * T::depth;
  std::vector<float> a(M * K), b(N * K), c(M * N);
  Random random(4);
  for (auto* x : {&a, &b, &c})
    for (float& v : *x) v = float(random.normal());
  OnDevice<float> da(a), db(b), dc(c), d(M * N), dr((M + N) * K);
  emu::for_each_schedule([&] {
    launch(product_kernel<T, loose>, 1, 32, 0, da, db, dc, d, dr);
    const std::vector<float> found = d.host(), r = dr.host();
    for (size_t i = 0; i < r.size(); ++i) {
      const double x = double(i < M * K ? a[i] : b[i - M * K]);
      REQUIRE(std::abs(double(r[i]) - x) <= relative * std::abs(x));
    }
    for (size_t m = 0; m < M; ++m)
      for (size_t n = 0; n < N; ++n) {
        double sum = double(c[m * N + n]);
        for (size_t k = 0; k < K; ++k) sum += double(r[m * K + k]) * double(r[(M + n) * K + k]);
        REQUIRE(double(found[m * N + n]) == doctest::Approx(sum).epsilon(1e-5));
      }
  });
}

__global__ void round_kernel(int n, const float* x, float* y) {
  const int i = int(threadIdx.x);
  if (i < n) y[i] = Tf32::rounded(x[i]), y[n + i] = Bf16::value(Bf16::rounded(x[i]));
}

}  // namespace

TEST_CASE("products in tf32 and bf16 are those of plain loops over rounded inputs") {
  if (!device_present()) return;
  check_product<Tf32>(0x1p-11);
  check_product<Tf32, true>(0x1p-11);
  check_product<Bf16>(0x1p-8);
}

TEST_CASE("tf32 rounds halves away from zero, bf16 to even") {
  if (!device_present()) return;
  const std::vector<float> x{1 + 0x1p-11f, -1 - 0x1p-11f, 1 + 0x1.8p-11f, 1 + 0x1p-12f,
                             1 + 0x1p-8f,  1 + 0x1.8p-7f, -1 - 0x1p-8f,   0};
  const std::vector<float> expected{1 + 0x1p-10f,
                                    -1 - 0x1p-10f,
                                    1 + 0x1p-10f,
                                    1,
                                    1 + 0x1p-8f,
                                    1 + 0x1.8p-7f,
                                    -1 - 0x1p-8f,
                                    0,
                                    1,
                                    -1,
                                    1,
                                    1,
                                    1,
                                    1 + 0x1p-6f,
                                    -1,
                                    0};
  OnDevice<float> dx(x), y(2 * x.size());
  launch(round_kernel, 1, 32, 0, int(x.size()), dx, y);
  CHECK(y.host() == expected);
}
