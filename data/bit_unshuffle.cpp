#include "data/bit_unshuffle.h"

#include <cstdint>
#include <cstring>

#include "engine/simd.h"

namespace hitsieve {
namespace {

typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef uint64_t Words __attribute__((vector_size(32)));  // bits are transposed in wider vectors
constexpr size_t columns_at_once = sizeof(Words), parts = sizeof(Words) / sizeof(Bytes);

/// Exchanges the bits of a that `mask` has not, with those of b that it has; `shift` lies between.
HS_INLINE void exchange_bits(Words& a, Words& b, int shift, uint64_t mask) {
  const Words t = ((a >> shift) ^ b) & mask;
  b ^= t;
  a ^= t << shift;
}

/// Transposes 8 x 8 bits in each column of bytes: bit i of row b goes to bit b of row i.
HS_INLINE void transpose_bits(Words (&rows)[8]) {
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) exchange_bits(rows[i], rows[i + 1], 1, 0x5555555555555555);
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += i % 4 == 0 ? 1 : 3)
    exchange_bits(rows[i], rows[i + 2], 2, 0x3333333333333333);
#pragma GCC unroll 4
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

/// Makes `rows` rows of 16 bytes columns: zipping the first half of all rows with the second turns
/// the bits of each byte's position round by one, and log2(rows) times make rows columns.
template <int rows>
HS_INLINE void rows_to_columns(Bytes (&now)[rows]) {
  Bytes next[rows];
#pragma GCC unroll 6
  for (int turned = 1; turned < rows; turned *= 2) {
#pragma GCC unroll 32
    for (int r = 0; r < rows / 2; ++r) zip(now[r], now[r + rows / 2], next[2 * r], next[2 * r + 1]);
#pragma GCC unroll 64
    for (int r = 0; r < rows; ++r) now[r] = next[r];
  }
}

/// The first `columns` columns, a multiple of columns_at_once, of 8 * size rows.
template <int size>
HS_SIMD void unshuffle_columns(const std::byte* in, std::byte* out, size_t row, size_t columns) {
  constexpr int rows = 8 * size;
  for (size_t column = 0; column < columns; column += columns_at_once) {
    Bytes elements[rows][parts];  // row i * size + byte: that byte of element i of each column
    for (int byte = 0; byte < size; ++byte) {
      Words words[8];
      for (int i = 0; i < 8; ++i)
        std::memcpy(&words[i], in + size_t(8 * byte + i) * row + column, sizeof(Words));
      transpose_bits(words);
      for (int i = 0; i < 8; ++i) std::memcpy(elements[i * size + byte], &words[i], sizeof(Words));
    }
    for (size_t part = 0; part < parts; ++part) {
      Bytes turned[rows];
#pragma GCC unroll 64
      for (int r = 0; r < rows; ++r) turned[r] = elements[r][part];
      rows_to_columns(turned);
      std::memcpy(out + column * rows + part * sizeof turned, turned, sizeof turned);
    }
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
  const size_t row = count / 8, whole = row / columns_at_once * columns_at_once;
  const bool by_columns = size == 1 || size == 2 || size == 4 || size == 8;
  if (size == 1) unshuffle_columns<1>(in, out, row, whole);
  if (size == 2) unshuffle_columns<2>(in, out, row, whole);
  if (size == 4) unshuffle_columns<4>(in, out, row, whole);
  if (size == 8) unshuffle_columns<8>(in, out, row, whole);
  unshuffle_rest(in, out, row, size, by_columns ? whole : 0);
}

}  // namespace hitsieve
