#include <algorithm>

#include "kernels/median_scale.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

std::vector<float> scaled(const std::vector<float>& x, Device device) {
  return median_scale(Tensor::of<float>({1, int64_t(x.size())}, x, device)).values<float>();
}

}  // namespace

TEST_CASE("median_scale: golden values") {
  for (Device device : devices()) {
    CAPTURE(device);
    CHECK(scaled({4, 1, 2}, device) == std::vector<float>{1, -0.5f, 0});
    CHECK(scaled({4, 1, 2, 8}, device) == std::vector<float>{1, -0.5f, 0, 3});  // the lower middle
    CHECK(scaled({0, 3, 0, 3, 6}, device) == std::vector<float>{0, 0, 0, 0, 1});
    CHECK(scaled({0, 0}, device) == std::vector<float>{0, 0});
  }
}

TEST_CASE("median_scale: the same on both devices, for rows of any length and scale") {
  for (int64_t L : {1, 5, 255, 256, 257, 720}) {
    CAPTURE(L);
    Random random(uint64_t(L), 1);
    std::vector<float> x;
    for (int64_t i = 0; i < 3 * L; ++i)
      x.push_back(random.uniform() < 0.1 ? 0 : float(std::exp(10 * random.normal())));
    const Tensor rows = Tensor::of<float>({3, L}, x);
    const std::vector<float> y = median_scale(rows).values<float>();
    for (int64_t n = 0; n < 3; ++n) {  // half of the positive elements at most lie below
      int64_t positive = 0, below = 0, equal = 0;
      for (int64_t i = n * L; i < (n + 1) * L; ++i)
        if (x[size_t(i)] > 0) ++positive, below += y[size_t(i)] < 0, equal += y[size_t(i)] == 0;
      CHECK(2 * below <= positive);
      CHECK((positive == 0 || 2 * (below + equal) >= positive));
    }
    for (Device device : devices())
      check_close<float>(median_scale(rows.to(device)), median_scale(rows), 1e-6);
  }
}

TEST_CASE("median_scale: a scale of the whole row changes nothing") {
  const std::vector<float> x = {3, 1, 7, 2, 9};
  std::vector<float> larger = x;
  for (float& v : larger) v *= 1024;
  CHECK(scaled(x, Device::cpu) == scaled(larger, Device::cpu));
}
