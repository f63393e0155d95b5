// Images as a batch of a training takes them: those that were drawn, as numbers, each turned and
// mirrored in a way of its own.
#pragma once
#include "engine/host_device.h"
#include "engine/tensor.h"

namespace hitsieve {

/// Which image of a set, and its way: 0 (as it is) to 7; bit 0 mirrors the columns, bit 1 the rows,
/// bit 2 exchanges both before that.
struct Turn {
  int32_t image, way;
};

/// Images (N, side, side) i16 as raw_to_image stores them, and turns (M, 2) i32, each a Turn, both
/// on one device -> (count, side, side) f32, those of the turns from `first` on. A Turn that does
/// not make sense gives NaN everywhere: nothing waits to see it.
Tensor turned_images(const Tensor& images, const Tensor& turns, int64_t first, int64_t count);

struct TurnedImagesSizes {
  int64_t N, count;
  int side;

  HS_HD bool makes_sense(const Turn& turn) const {
    return turn.image >= 0 && turn.image < N && turn.way >= 0 && turn.way < 8;
  }
  /// Where the element (h, w) of the image goes.
  HS_HD int64_t place(int way, int h, int w) const {
    const int row = way & 4 ? w : h, column = way & 4 ? h : w;
    return int64_t(way & 2 ? side - 1 - row : row) * side + (way & 1 ? side - 1 - column : column);
  }
};

/// What a device brings.
struct TurnedImagesKernels {
  void (*turn)(const TurnedImagesSizes& sizes, const int16_t* images, const Turn* turns, float* y);
};

}  // namespace hitsieve
