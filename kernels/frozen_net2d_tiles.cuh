// Internal to the 2D network on CUDA in float32: the tiles that thread blocks make of a block's
// pooled output, and what lies where in their shared memory.
#pragma once
#include <algorithm>

#include "engine/check.h"
#include "engine/divisor.cuh"
#include "kernels/frozen_net2d.h"

namespace hitsieve {
namespace {

constexpr int threads = 256;
constexpr int along = 4;  // neighbours in a load, and outputs that a thread makes of each channel
constexpr int group = frozen_group;
constexpr int most_columns = 31;  // of a tile: 63 of a convolution pooled by 3 and 2
constexpr int most_shared = 96 * 1024;

/// What a kernel is made for (0: any size), and how it works then: rows in shared memory are dealt
/// out by the stride of who reads them, so that what is read together lies together: [phase][i].
struct Form {
  int R = 0, stride = 0, pool = 0, pool_stride = 0;
  int parts = 1;    ///< of a row of the convolution, made together, as they share weights
  int columns = 0;  ///< of a tile's convolution

  HS_HD constexpr int x_deal() const { return stride ? stride : 1; }
  HS_HD constexpr int y_deal() const { return pool_stride ? pool_stride : 1; }
  bool fits(const FrozenBlock2d& b) const {
    return b.R == R && b.stride == stride && b.pool == pool && b.pool_stride == pool_stride;
  }
};

/// Where the rows of x and y are in memory.
struct Pitches {
  int x, y;        ///< elements from row to row
  bool all_quads;  ///< every fourth element of x begins what one load can bring
};

/// Tiles of rows x columns pooled elements. In shared memory: the pixels, [C][x_rows] rows, of
/// each of which `lead` come before the first that counts; then the convolution, [K, rounded up to
/// groups][convolved_rows][convolved_columns].
struct Tiles {
  int convolved, pooled;   ///< sides of the block's images
  Divisor rows, columns;   ///< of a tile
  Divisor channels;        ///< of y
  int across, down;        ///< tiles
  int unit;                ///< a tile's convolution begins at a multiple of so many columns:
  int lead;                ///< that, and these, let its rows of x begin at a multiple of four
  Divisor convolved_rows;  ///< of a plane
  Divisor x_rows;          ///< of a plane
  int convolved_columns;
  Divisor part_quads;  ///< of a row of the convolution: quads of each part
  Divisor x_quads;     ///< of a row
  int x_phase, y_phase;
  int x_count, convolved_count;

  Tiles(const FrozenBlock2d& b, const Form& form, int rows_of_tile, int columns_of_tile)
      : convolved(b.convolved()),
        pooled(b.pooled()),
        rows(rows_of_tile),
        columns(columns_of_tile),
        channels(b.K),
        across((pooled + columns_of_tile - 1) / columns_of_tile),
        down((pooled + rows_of_tile - 1) / rows_of_tile),
        unit(b.stride % 4 == 0 ? 1 : (b.stride % 2 == 0 ? 2 : 4)),
        convolved_rows((rows_of_tile - 1) * b.pool_stride + b.pool),
        x_rows((convolved_rows.size() - 1) * b.stride + b.R) {
    int shift = 0;
    for (int i = 0; i < across; ++i) shift = std::max(shift, shift_of(begin(b, i)));
    const int needed = shift + (columns_of_tile - 1) * b.pool_stride + b.pool;
    set_columns(b, form, std::max(form.columns, up_to_multiple(needed, along * form.parts)));
    x_count = b.C * x_rows.size() * x_quads.size() * along;
    convolved_count = frozen_groups(b.K) * group * convolved_rows.size() * convolved_columns;
  }

  /// What follows from the columns of the convolution; a kernel that is made for them says it
  /// again, so that the compiler knows.
  HS_HD void set_columns(const FrozenBlock2d& b, const Form& form, int columns_of_convolution) {
    lead = (4 - b.R / 2 % 4) % 4;
    convolved_columns = columns_of_convolution;
    part_quads = Divisor(convolved_columns / along / form.parts);
    y_phase = convolved_columns / form.y_deal();
    const int x_length = (convolved_columns - 1) * b.stride + b.R + lead;
    x_phase = up_to_multiple((x_length + form.x_deal() - 1) / form.x_deal(), along);
    x_quads = Divisor(x_phase * form.x_deal() / along);
  }
  /// The first column of the convolution that tile `i` of a row needs: may lie before the image.
  HS_HD int begin(const FrozenBlock2d& b, int i) const {
    return i * columns.size() * b.pool_stride - b.pool_padding;
  }
  /// Columns by which a tile begins earlier than `column`.
  HS_HD int shift_of(int column) const { return column & (unit - 1); }

  HS_HD int items(const FrozenBlock2d& b) const {
    return frozen_groups(b.K) * convolved_rows.size() * part_quads.size();
  }
  size_t bytes() const { return size_t(x_count + convolved_count) * sizeof(float); }
  /// What all tiles cost, in warps that convolve: loading and pooling are as much as two of them.
  int cost(const FrozenBlock2d& b) const { return down * ((items(b) + 31) / 32 + 2); }
};

/// Of the numbers of rows that keep a block's threads busy at most once, and that fit, the one that
/// costs least.
inline Tiles tiles_of(const FrozenBlock2d& b, const Form& form) {
  const int pooled = b.pooled(), across = (pooled + most_columns - 1) / most_columns;
  Tiles best(b, form, 1, (pooled + across - 1) / across);
  for (int rows = 2; rows <= pooled; ++rows) {
    const Tiles larger(b, form, rows, best.columns.size());
    if (larger.items(b) > threads || larger.bytes() > most_shared) break;
    if (larger.cost(b) <= best.cost(b)) best = larger;
  }
  check(best.bytes() <= 160 * 1024, "frozen network: a tile of ", best.bytes(),
        " bytes does not fit into a multiprocessor's shared memory");
  return best;
}

}  // namespace
}  // namespace hitsieve
