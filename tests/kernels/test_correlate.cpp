// What machines of unlike registers do in unlike steps is the same arithmetic.
#include "kernels/correlate.h"
#include "kernels/row_products.h"
#include "tests/kernels/tensors.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

std::vector<float> numbers(int64_t count, uint64_t seed) {
  return normal<float>({count}, seed).values<float>();
}

}  // namespace

TEST_CASE("correlate: vectors of either width give the same bits, whatever the width of the rows") {
  constexpr int64_t height = 5, inputs = 3, taps = 4, rows = tile_rows;
  const std::vector<float> a = numbers(inputs * taps * rows, 1), start = numbers(rows, 2);
  for (const int64_t width : {1, 8, 13, 16, 31, 48, 61, 100}) {
    const int64_t row = round_up(width, lanes<float, wide>) + taps;
    const std::vector<float> x = numbers(inputs * height * row, 3);
    const Correlation s{inputs, height * row,   row,  {0, 1, 2, 3}, height,
                        width,  height * width, width};
    std::vector<float> narrow_y(size_t(rows * s.y_plane)), wide_y(narrow_y);
    correlate<narrow, float, rows>(s, a.data(), start.data(), x.data(), narrow_y.data());
    correlate<wide, float, rows>(s, a.data(), start.data(), x.data(), wide_y.data());
    CAPTURE(width);
    CHECK(narrow_y == wide_y);
  }
}

TEST_CASE("row products: two rows and two more give the bits of four at once") {
  constexpr int64_t height = 3, width = 2 * lanes<float, wide>, columns = 3;
  const std::vector<float> dy = numbers(4 * height * width, 1), x = numbers(height * width + 2, 2);
  const float* from[columns] = {x.data(), x.data() + 1, x.data() + 2};
  const RowProducts s{height, width, height * width, width, width};
  constexpr int64_t stride = columns * lanes<float, wide>;
  std::vector<float> four(4 * stride), twice(four);
  add_products<float, 4, columns>(s, dy.data(), from, 0, stride, four.data());
  for (int64_t k = 0; k < 4; k += 2)
    add_products<float, 2, columns>(s, dy.data() + k * s.dy_plane, from, 0, stride,
                                    twice.data() + k * stride);
  CHECK(four == twice);
}
