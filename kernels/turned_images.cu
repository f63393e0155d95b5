// CUDA: a block takes a tile of one image through shared memory, so that it reads rows and writes
// rows whatever the way.
#include "engine/launch.cuh"
#include "kernels/raw_to_image.h"
#include "kernels/turned_images.h"

namespace hitsieve {
namespace {

constexpr int tile = 32, rows_at_once = 8;

__global__ void turn_kernel(TurnedImagesSizes s, const int16_t* images, const Turn* turns,
                            float* y) {
  SHARED(float, of_tile, [tile][tile + 1]);
  const Turn turn = turns[blockIdx.y];
  const bool good = s.makes_sense(turn);
  const int tiles = (s.side + tile - 1) / tile;
  const int h0 = int(blockIdx.x) / tiles * tile, w0 = int(blockIdx.x) % tiles * tile;
  const int64_t pixels = int64_t(s.side) * s.side;
  const int16_t* x = images + (good ? turn.image : 0) * pixels;
  y += blockIdx.y * pixels;
  const int column = int(threadIdx.x) % tile;
  for (int row = int(threadIdx.x) / tile; row < tile; row += rows_at_once)
    if (h0 + row < s.side && w0 + column < s.side)
      of_tile[row][column] =
          good ? float(x[(h0 + row) * s.side + w0 + column]) * (1 / image_steps) : nanf("");
  __syncthreads();
  const int way = good ? turn.way : 0;
  for (int line = int(threadIdx.x) / tile; line < tile; line += rows_at_once) {
    const int row = way & 4 ? column : line, along = way & 4 ? line : column;
    if (h0 + row < s.side && w0 + along < s.side)
      y[s.place(way, h0 + row, w0 + along)] = of_tile[row][along];
  }
}

void turn(const TurnedImagesSizes& s, const int16_t* images, const Turn* turns, float* y) {
  const int tiles = (s.side + tile - 1) / tile;
  launch(turn_kernel, {int64_t(tiles) * tiles, s.count}, tile * rows_at_once, 0, s, images, turns,
         y);
}

}  // namespace

template <>
const TurnedImagesKernels On<TurnedImagesKernels>::cuda{turn};

}  // namespace hitsieve
