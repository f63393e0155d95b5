#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "engine/philox.h"

using namespace hitsieve;

TEST_CASE("philox: the known answers published with the algorithm") {
  const Philox4 zero = philox(0, 0, 0);
  CHECK(zero.v[0] == 0x6627e8d5u);
  CHECK(zero.v[1] == 0xe169c58du);
  CHECK(zero.v[2] == 0xbc57ac4cu);
  CHECK(zero.v[3] == 0x9b00dbd8u);
  const Philox4 ones = philox(~0ull, ~0ull, ~0ull);
  CHECK(ones.v[0] == 0x408f276du);
  CHECK(ones.v[1] == 0x41c83b0eu);
  CHECK(ones.v[2] == 0xa20bc7c6u);
  CHECK(ones.v[3] == 0x6d5451fdu);
}

TEST_CASE("random: the same seed and stream give the same draws, others give others") {
  Random a(7, 1), b(7, 1), c(7, 2), d(8, 1);
  const uint32_t first = a.bits();
  CHECK(b.bits() == first);
  CHECK(c.bits() != first);
  CHECK(d.bits() != first);
}

namespace {

struct Moments {
  double mean = 0, variance = 0;
  template <class Draw>
  Moments(int count, Draw draw) {
    std::vector<double> x;
    for (int i = 0; i < count; ++i) x.push_back(draw());
    for (double v : x) mean += v / count;
    for (double v : x) variance += (v - mean) * (v - mean) / count;
  }
};

}  // namespace

TEST_CASE("random: distributions have their mean and variance") {
  Random random(1);
  constexpr int count = 40000;  // standard error of a mean: deviation / 200
  const Moments uniform(count, [&] { return random.uniform(); });
  CHECK(uniform.mean == doctest::Approx(0.5).epsilon(0.02));
  CHECK(uniform.variance == doctest::Approx(1 / 12.0).epsilon(0.04));
  const Moments normal(count, [&] { return random.normal(); });
  CHECK(std::abs(normal.mean) < 0.025);
  CHECK(normal.variance == doctest::Approx(1).epsilon(0.04));
  const Moments exponential(count, [&] { return random.exponential(); });
  CHECK(exponential.mean == doctest::Approx(1).epsilon(0.03));
  for (double mean : {0.1, 3.0, 29.9, 30.1, 400.0}) {
    CAPTURE(mean);
    const Moments poisson(count, [&] { return random.poisson(mean); });
    CHECK(poisson.mean == doctest::Approx(mean).epsilon(0.05));
    CHECK(poisson.variance == doctest::Approx(mean).epsilon(0.06));
  }
  CHECK(random.poisson(0) == 0);
}

TEST_CASE("random: below(n) is uniform and stays below n") {
  Random random(2);
  std::vector<int> seen(7);
  for (int i = 0; i < 7000; ++i) ++seen[random.below(7)];
  CHECK(*std::min_element(seen.begin(), seen.end()) > 850);
  CHECK(*std::max_element(seen.begin(), seen.end()) < 1150);
  CHECK(random.below(1) == 0);
}
