// The way back of bitshuffle (Masui et al. 2015), which stores numbers bit by bit so that they
// compress.
#pragma once
#include <cstddef>

namespace hitsieve {

/// A block of `count` elements (a multiple of 8) of `size` bytes is 8 * size rows of count / 8
/// bytes: row 8 * byte + bit holds that bit of that byte of all elements, element 0 in the lowest
/// bit. `out` takes the elements; both are count * size bytes, and do not overlap.
void unshuffle_bits(const std::byte* in, std::byte* out, size_t count, size_t size);

}  // namespace hitsieve
