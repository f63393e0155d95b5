#include "data/bit_unshuffle.h"

#include <cstdint>
#include <cstring>

#include "engine/simd.h"

namespace hitsieve {
namespace {

typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef uint64_t Words __attribute__((vector_size(16)));

/// Exchanges the bits of a that `mask` has not, with those of b that it has; `shift` lies between.
HS_INLINE void exchange_bits(Words& a, Words& b, int shift, uint64_t mask) {
  const Words t = ((a >> shift) ^ b) & mask;
  b ^= t;
  a ^= t << shift;
}

/// Transposes 8 x 8 bits in each column of bytes: bit i of row b goes to bit b of row i.
HS_INLINE void transpose_bits(Words* rows) {
  for (int i = 0; i < 8; i += 2) exchange_bits(rows[i], rows[i + 1], 1, 0x5555555555555555);
  for (int i = 0; i < 8; i += i % 4 == 0 ? 1 : 3)
    exchange_bits(rows[i], rows[i + 2], 2, 0x3333333333333333);
  for (int i = 0; i < 4; ++i) exchange_bits(rows[i], rows[i + 4], 4, 0x0f0f0f0f0f0f0f0f);
}

#ifdef __clang__
#define HS_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define HS_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, Bytes{__VA_ARGS__})
#endif

/// Bytes of a and b in turn: the lower halves to `low`, the upper ones to `high`.
HS_INLINE void zip(Bytes a, Bytes b, Bytes& low, Bytes& high) {
  low = HS_SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  high = HS_SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/// Columns [0, 16 * whole) of 8 * size rows. Where row `8 * byte + i` has byte `byte` of element i
/// of a column, the rows zipped are elements: zipping the first half of all bytes with the second
/// turns the bits of each one's position round by one; log2(rows) times make rows columns.
template <int size>
HS_SIMD void unshuffle_columns(const std::byte* in, std::byte* out, size_t row, size_t whole) {
  constexpr int rows = 8 * size;
  for (size_t column = 0; column < 16 * whole; column += 16) {
    Words words[rows];
    for (int r = 0; r < rows; ++r) std::memcpy(&words[r], in + size_t(r) * row + column, 16);
    for (int byte = 0; byte < size; ++byte) transpose_bits(words + 8 * byte);
    // Row 8 * byte + i, in the order i * size + byte of an element's bytes.
    Bytes now[rows], next[rows];
    for (int r = 0; r < rows; ++r) now[r % 8 * size + r / 8] = Bytes(words[r]);
    for (int turned = 1; turned < rows; turned *= 2) {
      for (int r = 0; r < rows / 2; ++r)
        zip(now[r], now[r + rows / 2], next[2 * r], next[2 * r + 1]);
      for (int r = 0; r < rows; ++r) now[r] = next[r];
    }
    std::memcpy(out + column * rows, now, sizeof now);
  }
}

/// Columns from `first` on, a byte at a time.
void unshuffle_rest(const std::byte* in, std::byte* out, size_t row, size_t size, size_t first) {
  for (size_t column = first; column < row; ++column)
    for (size_t byte = 0; byte < size; ++byte)
      for (size_t i = 0; i < 8; ++i) {
        unsigned value = 0;
        for (size_t bit = 0; bit < 8; ++bit)
          value |= (unsigned(in[(8 * byte + bit) * row + column]) >> i & 1) << bit;
        out[(8 * column + i) * size + byte] = std::byte(value);
      }
}

}  // namespace

void unshuffle_bits(const std::byte* in, std::byte* out, size_t count, size_t size) {
  const size_t row = count / 8, whole = row / 16;
  const bool by_columns = size == 1 || size == 2 || size == 4 || size == 8;
  if (size == 1) unshuffle_columns<1>(in, out, row, whole);
  if (size == 2) unshuffle_columns<2>(in, out, row, whole);
  if (size == 4) unshuffle_columns<4>(in, out, row, whole);
  if (size == 8) unshuffle_columns<8>(in, out, row, whole);
  unshuffle_rest(in, out, row, size, by_columns ? 16 * whole : 0);
}

}  // namespace hitsieve
