#include "kernels/raw_to_image.h"

#include "engine/parallel.h"
#include "kernels/box5_frame.h"
#include "kernels/raw_windows.h"

namespace hitsieve {
namespace {

using namespace raw_windows;

/// The nearest integer: in a float of 2^23 and some it is the last bits.
HS_INLINE int16_t rounded(float steps) {
  const float integers = steps + 1.5f * 8388608.0f;
  int32_t bits;
  std::memcpy(&bits, &integers, sizeof bits);
  return int16_t(bits);
}

/// y: normalised pixels, NaN where there is none.
HS_SIMD void pack_row(int64_t count, const float* __restrict y, int16_t* __restrict image) {
  for (int64_t i = 0; i < count; ++i)
    image[i] = y[i] == y[i] ? rounded(y[i] * image_steps) : int16_t(0);
}

/// The same of calm windows' differences.
template <class X>
HS_SIMD void pack_differences(const box5::CalmRows<X>& a, const box5::CalmRows<X>& b, int64_t first,
                              int64_t columns, float floor, int16_t* const (&image)[box5::block]) {
  const float inverse = 1 / 25.0f, steps = image_steps / floor;
#pragma GCC ivdep
  for (int64_t i = 0; i < columns; ++i) {
    X d[box5::block];
    box5::differences(a, b, first + i, d);
    for (int r = 0; r < box5::block; ++r) image[r][i] = rounded(float(d[r]) * inverse * steps);
  }
}

/// Where box5::for_blocks leaves the values: an image of W columns and H rows.
struct ImageRows {
  float floor;
  int16_t* image;
  int64_t H, W;

  template <class X>
  void calm(int64_t h, int64_t w, const box5::CalmRows<X>& a, const box5::CalmRows<X>& b,
            int64_t first, int64_t columns) const {
    int16_t beyond[box5::strip];  // for rows that hang over the end
    int16_t* rows[box5::block];
    for (int r = 0; r < box5::block; ++r) rows[r] = h + r < H ? image + (h + r) * W + w : beyond;
    pack_differences(a, b, first, columns, floor, rows);
  }
  void any(int64_t h, int64_t w, const float (&y)[box5::block][box5::width], int64_t first,
           int64_t columns) const {
    for (int64_t r = 0; r < std::min<int64_t>(box5::block, H - h); ++r)
      pack_row(columns, y[r] + first, image + (h + r) * W + w);
  }
};

template <class T>
void frame_image(const RawFrames& frame, const WindowWeights& weights, const LcnOptions& options,
                 int16_t* image, FrameStatistics& statistics) {
  const int64_t H = frame.H - weights.size + 1, W = frame.W - weights.size + 1;
  pick<GcnKernels>(Device::cpu).statistics(frame, &statistics);
  if (!(statistics.deviation > 0)) {
    std::fill_n(image, H * W, int16_t(0));
    return;
  }
  const CentredRows<T> centred{frame, bounds_of<T>(frame.range), centring<T>(statistics)};
  const float floor = float(options.floor_factor * centred.centring.deviation);
  if (weights.is_box5() && options.floor == Floor::global)
    box5::for_blocks(centred, floor, ImageRows{floor, image, H, W});
  else
    for_any_rows(centred, weights, options, [&](int64_t h, const auto& row, double least) {
      for (int64_t i = 0; i < W; ++i)
        image[h * W + i] = row.weight[i] > 0
                               ? packed_pixel(float(any_window::value_of(row, i, least)))
                               : int16_t(0);
    });
}

void images(const RawFrames& frames, const WindowWeights& weights, const LcnOptions& options,
            int16_t* images, FrameStatistics* statistics) {
  const int64_t pixels = (frames.H - weights.size + 1) * (frames.W - weights.size + 1);
  by_pixel(frames.type, "raw_to_image", [&]<class T>() {
    parallel_for(frames.N, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n)
        frame_image<T>(frames.frame(n), weights, options, images + n * pixels, statistics[n]);
    });
  });
}

HS_SIMD void unpack(int64_t count, const int16_t* __restrict x, float* __restrict y) {
  for (int64_t i = 0; i < count; ++i) y[i] = float(x[i]) * (1 / image_steps);
}

}  // namespace

template <>
const RawToImageKernels On<RawToImageKernels>::cpu{images};

void raw_to_image(const RawFrames& frames, const LcnOptions& options, Device device,
                  int16_t* images, FrameStatistics* statistics) {
  check_frames("raw_to_image", frames);
  const WindowWeights weights = window_weights("raw_to_image", options, frames.H, frames.W);
  double sum = 0;
  for (int k = 0; k < weights.size; ++k) sum += weights.axis[k];
  const double middle = weights.axis[weights.size / 2] / sum, share = middle * middle;
  check((1 - share) / share < 64, "raw_to_image: pixels normalised by a ", weights.size, " x ",
        weights.size, " window may reach ", std::sqrt((1 - share) / share),
        ", images hold up to 8; take a smaller window");
  pick<RawToImageKernels>(device).images(frames, weights, options, images, statistics);
}

void unpack_images(int64_t count, const int16_t* x, float* y) { unpack(count, x, y); }

}  // namespace hitsieve
