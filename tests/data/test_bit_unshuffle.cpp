#include <vector>

#include <doctest/doctest.h>

#include "data/bit_unshuffle.h"
#include "engine/philox.h"

using namespace hitsieve;

TEST_CASE("bit_unshuffle: elements of every size come back, however many there are") {
  for (const size_t size : {1, 2, 3, 4, 8})
    for (const size_t count : {0, 8, 16, 120, 128, 136, 256, 1032, 4096}) {
      CAPTURE(size);
      CAPTURE(count);
      Random random(size, count);
      std::vector<std::byte> plain(count * size), rows(count * size), out(count * size);
      for (std::byte& b : plain) b = std::byte(random.below(256));
      for (size_t i = 0; i < count; ++i)
        for (size_t bit = 0; bit < 8 * size; ++bit)
          if ((unsigned(plain[i * size + bit / 8]) >> (bit % 8) & 1) != 0)
            rows[bit * (count / 8) + i / 8] |= std::byte(1u << (i % 8));
      unshuffle_bits(rows.data(), out.data(), count, size);
      CHECK(out == plain);
    }
}
