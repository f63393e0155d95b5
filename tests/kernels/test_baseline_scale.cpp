#include <algorithm>

#include "kernels/baseline_scale.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

using Values = std::vector<float>;

Values scaled(const Values& x, Device device, const BaselineOptions& options) {
  return baseline_scale(Tensor::of<float>({1, std::ssize(x)}, x, device), options).values<float>();
}

double median(std::vector<double> x) {
  std::erase_if(x, [](double v) { return v <= 0; });
  if (x.empty()) return 0;
  std::sort(x.begin(), x.end());
  return x[(x.size() - 1) / 2];
}

/// The definition, by sorting, in double.
Values reference(const std::vector<double>& x, const BaselineOptions& o) {
  const int L = int(x.size());
  std::vector<double> medians;
  std::vector<int> knots;
  for (int i = 0; i < L - 1 + o.step; i += o.step) {
    knots.push_back(std::min(i, L - 1));
    const int first = std::max(0, knots.back() - o.reach),
              last = std::min(L, knots.back() + o.reach + 1);
    const double m = median({x.begin() + first, x.begin() + last});
    medians.push_back(m > 0 ? m : median(x));
  }
  Values y;
  for (int i = 0; i < L; ++i) {
    const size_t left = size_t(std::upper_bound(knots.begin(), knots.end(), i) - knots.begin()) - 1;
    double baseline = medians[left];
    if (left + 1 < knots.size())
      baseline +=
          (medians[left + 1] - medians[left]) * (i - knots[left]) / (knots[left + 1] - knots[left]);
    const double v = x[size_t(i)];
    y.push_back(
        v <= 0 ? 0 : float(v > baseline ? (v - baseline) / (v - baseline / 2) : v / baseline - 1));
  }
  return y;
}

}  // namespace

TEST_CASE("baseline_scale: golden values") {
  for (Device device : devices()) {
    CAPTURE(device);
    const BaselineOptions wide{.reach = 100, .step = 50};  // one median for all
    CHECK(scaled({4, 1, 2}, device, wide) == Values{2 / 3.0f, -0.5f, 0});
    CHECK(scaled({4, 1, 2, 8}, device, wide) ==
          Values{2 / 3.0f, -0.5f, 0, 6 / 7.0f});  // the lower middle one
    CHECK(scaled({0, 3, 0, 3, 4.5}, device, wide) == Values{0, 0, 0, 0, 0.5f});
    CHECK(scaled({0, 0}, device, wide) == Values{0, 0});
    CHECK(scaled({5}, device, wide) == Values{0});
    // Medians at 0 and 2 are 2 and 8, hence 5 between them; where all is 0 the whole's stands in.
    CHECK(scaled({2, 10, 8}, device, {.reach = 1, .step = 2}) == Values{0, 2 / 3.0f, 0});
    CHECK(scaled({0, 0, 0, 4, 4}, device, {.reach = 1, .step = 1}) == Values{0, 0, 0, 0, 0});
  }
}

TEST_CASE("baseline_scale: equals the definition, for any length, step and reach") {
  for (auto [L, reach, step] :
       {std::array<int, 3>{720, 50, 8}, {1, 3, 2}, {33, 5, 7}, {257, 300, 1}, {100, 2, 99}}) {
    CAPTURE(L);
    CAPTURE(reach);
    Random random(uint64_t(L), 1);
    Values x;
    for (int i = 0; i < 2 * L; ++i)
      x.push_back(random.uniform() < 0.1 ? 0 : float(std::exp(3 * random.normal())));
    const BaselineOptions options{reach, step};
    Values expected;
    for (int n = 0; n < 2; ++n) {
      const Values one = reference({x.begin() + n * L, x.begin() + (n + 1) * L}, options);
      expected.insert(expected.end(), one.begin(), one.end());
    }
    for (Device device : devices())
      check_close<float>(baseline_scale(Tensor::of<float>({2, L}, x, device), options),
                         Tensor::of<float>({2, L}, expected), 1e-5);
  }
}

TEST_CASE("baseline_scale: the scale of a vector changes nothing") {
  const Values x = {3, 1, 7, 2, 9};
  Values larger = x;
  for (float& v : larger) v *= 1024;
  CHECK(scaled(x, Device::cpu, {}) == scaled(larger, Device::cpu, {}));
  CHECK_THROWS_AS(scaled(x, Device::cpu, {.reach = 0}), Error);
}
