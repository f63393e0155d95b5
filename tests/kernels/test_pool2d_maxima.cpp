#include <limits>

#include "kernels/pool2d.h"
#include "tests/kernels/library.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

TEST_CASE("pool2d: a NaN is a window's maximum") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto check_at = [&](size_t at, Device device) {
    CAPTURE(device);
    CAPTURE(at);
    std::vector<float> values(9, 1.0f);
    values[at] = nan;
    const Tensor x = Tensor::of<float>({1, 1, 3, 3}, values, device);
    CHECK(std::isnan(max_pool2d(x, {3, 2}).values<float>()[0]));
    CHECK(std::isnan(avg_pool2d(x, {3, 2}).values<float>()[0]));
    CHECK(std::isnan(max_pool2d(x, {2, 2}).values<float>()[0]) == (at % 3 < 2 && at / 3 < 2));
  };
  for (Device device : devices())
    for (size_t at = 0; at < 9; ++at)
      on_every_table(device, Library::cudnn, [&] { check_at(at, device); });
}

#if HITSIEVE_HAS_CUDA
TEST_CASE("pool2d: equal maxima, and a NaN, are found in any window, and nowhere else") {
  if (!available(Device::cuda)) {
    MESSAGE("has_equal_maxima is not tested: no GPU answers");
    return;
  }
  using Values = std::vector<float>;
  const Pool2dSizes s{2, {5, 2, 2, 2, 0}, {4, 2, 2, 2, 0}};  // no window sees the last row
  const Pool2dSizes over{2, {5, 3, 3, 2, 1}, {4, 3, 3, 2, 1}};
  const auto found = [](const Pool2dSizes& sizes, const Values& x) {
    return has_equal_maxima(sizes, Tensor::of<float>({2, 5, 4}, x, Device::cuda).data<float>());
  };
  Values distinct(40);
  for (size_t i = 0; i < 40; ++i) distinct[i] = float(i * 7 % 40);
  on_every_schedule([&] {
    CHECK(!found(s, distinct));
    CHECK(!found(over, distinct));
  });
  for (size_t at = 0; at < 40; ++at) {
    CAPTURE(at);
    const bool seen = at / 4 % 5 < 4;
    Values x = distinct;
    x[at] = std::numeric_limits<float>::quiet_NaN();
    CHECK(found(s, x) == seen);
    x[at] = 100, x[at % 4 == 3 ? at - 1 : at + 1] = 100;  // neighbours, of two windows after 1
    CHECK(found(s, x) == (seen && at % 4 != 1));
  }
}
#endif
