#include "kernels/turned_images.h"

#include <algorithm>
#include <limits>

#include "engine/parallel.h"
#include "engine/simd.h"
#include "kernels/raw_to_image.h"

namespace hitsieve {
namespace {

constexpr float a_step = 1 / image_steps;
constexpr int tile = 16;  // so that both sides of an exchange stay in the cache

HS_SIMD void mirrored_row(int side, const int16_t* __restrict x, float* __restrict y) {
  for (int w = 0; w < side; ++w) y[side - 1 - w] = float(x[w]) * a_step;
}

HS_SIMD void exchange_tile(const TurnedImagesSizes& s, int way, int h0, int w0,
                           const int16_t* __restrict x, float* __restrict y) {
  const int h1 = std::min(h0 + tile, s.side), w1 = std::min(w0 + tile, s.side);
  for (int w = w0; w < w1; ++w)
    for (int h = h0; h < h1; ++h) y[s.place(way, h, w)] = float(x[h * s.side + w]) * a_step;
}

void turn_one(const TurnedImagesSizes& s, int way, const int16_t* x, float* y) {
  if (way & 4) {
    for (int h = 0; h < s.side; h += tile)
      for (int w = 0; w < s.side; w += tile) exchange_tile(s, way, h, w, x, y);
    return;
  }
  for (int h = 0; h < s.side; ++h) {
    float* row = y + s.place(way & 2, h, 0);
    if (way & 1)
      mirrored_row(s.side, x + h * s.side, row);
    else
      unpack_images(s.side, x + h * s.side, row);
  }
}

void turn(const TurnedImagesSizes& s, const int16_t* images, const Turn* turns, float* y) {
  const int64_t pixels = int64_t(s.side) * s.side;
  parallel_for(s.count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (s.makes_sense(turns[i]))
        turn_one(s, turns[i].way, images + turns[i].image * pixels, y + i * pixels);
      else
        std::fill_n(y + i * pixels, pixels, std::numeric_limits<float>::quiet_NaN());
    }
  });
}

}  // namespace

template <>
const TurnedImagesKernels On<TurnedImagesKernels>::cpu{turn};

Tensor turned_images(const Tensor& images, const Tensor& turns, int64_t first, int64_t count) {
  const char* who = "turned_images";
  check(images.shape().rank() == 3 && images.shape()[1] == images.shape()[2], who,
        ": images have shape ", images.shape(), ", expected (N, side, side)");
  check(images.dtype() == DType::i16, who, ": images are ", images.dtype(), ", expected int16");
  check(images.shape()[1] <= 1 << 14, who, ": images of ", images.shape()[1], " a side");
  check(turns.dtype() == DType::i32 && turns.device() == images.device(), who, ": turns are ",
        turns.dtype(), " on ", turns.device(), ", expected int32 on ", images.device());
  check(turns.shape().rank() == 2 && turns.shape()[1] == 2, who, ": turns have shape ",
        turns.shape(), ", expected (M, 2)");
  check(first >= 0 && count >= 0 && first + count <= turns.shape()[0], who, ": turns ", first,
        " to ", first + count, " of ", turns.shape()[0]);
  const int64_t side = images.shape()[1];
  Tensor y({count, side, side}, DType::f32, images.device());
  if (y.count() > 0)
    pick<TurnedImagesKernels>(images.device())
        .turn({images.shape()[0], count, int(side)}, images.data<int16_t>(),
              static_cast<const Turn*>(turns.bytes()) + first, y.data<float>());
  return y;
}

}  // namespace hitsieve
