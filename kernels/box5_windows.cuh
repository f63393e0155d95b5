// Internal to raw_to_vector and raw_to_image on CUDA: values of 5 x 5 box windows from the sums
// along their rows. The arithmetic is box5_windows.h's, d |d| / max(v, (n floor)^2), in float32,
// and in double where v cancels.
#pragma once
#include "kernels/box5_rows.cuh"

namespace hitsieve {
namespace {

/// All lanes of the warp.
template <class T>
__device__ void read_line(const Box5Job<T>& job, const Centring& centring, int64_t n, int64_t h,
                          int64_t w, Box5Line& line) {
  constexpr unsigned everyone = 0xffffffffu;
  float own[box5_columns], x[2 * box5_columns], squares[2 * box5_columns];
  const unsigned has = box5_pixels(job, centring, n, h, w, own);
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) {
    x[i] = own[i];
    x[box5_columns + i] = __shfl_down_sync(everyone, own[i], 1);
  }
#pragma unroll
  for (int i = 0; i < 2 * box5_columns; ++i) squares[i] = x[i] * x[i];
  const uint64_t both = uint64_t(__shfl_down_sync(everyone, has, 1)) << 32 | has;
  box5_sums(x, line.sum), box5_sums(squares, line.square);
  line.count = 0;
#pragma unroll
  for (int k = 0; k < 5; ++k) line.count += unsigned(both >> 8 * k);
  line.has_centre = unsigned(both >> 16);
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) line.centre[i] = x[i + 2];
}

/// The window at (h, w) of frame n in double, pixel by pixel: so rare that its code is not to stand
/// in the way of the others', for each of a thread's windows.
template <class T>
__device__ __attribute__((noinline)) float box5_exact(const Box5Job<T>& job,
                                                      const Centring& centring, int64_t n,
                                                      int64_t h, int64_t w, float floor) {
  double count = 0, sum = 0, square = 0, centre = 0;
  for (int r = 0; r < 5; ++r) {
    const T* row = job.frames.template row<T>(n, h + r);
    const uint8_t* bad = job.frames.mask_row(n, h + r);
    for (int64_t i = w; i < w + 5; ++i) {
      if (!job.bounds.contain(row[i]) || (bad && bad[i])) continue;
      const double x = double(box5_centred(row[i], centring));
      count += 1, sum += x, square += x * x;
      if (r == 2 && i == w + 2) centre = x;
    }
  }
  const double d = count * centre - sum, least = count * double(floor);
  return float(d * fabs(d) / max(count * square - sum * sum, least * least));
}

/// y |y| of the windows whose last row is `line[last]`, NaN where there is no value. A bit is set
/// for a column where v is so small a difference of large terms that its rounding would show.
__device__ inline unsigned box5_values(const Box5Line (&line)[5], int last, float floor,
                                       float (&y)[box5_columns]) {
  constexpr float cancels = 16;
  const Box5Line& middle = line[(last + 3) % 5];
  const unsigned count =
      line[0].count + line[1].count + line[2].count + line[3].count + line[4].count;
  unsigned ill = 0;
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) {
    const float n = float(count >> 8 * i & 255u);
    float sum = 0, square = 0;
#pragma unroll
    for (int k = 0; k < 5; ++k) sum += line[k].sum[i], square += line[k].square[i];
    const float d = n * middle.centre[i] - sum, all = n * square, v = all - sum * sum;
    const float least = n * floor * (n * floor), divisor = v > least ? v : least;
    const bool has = middle.has_centre >> 8 * i & 1u;
    y[i] = has ? __fdividef(d * fabsf(d), divisor) : NAN;
    ill |= unsigned(has && all > cancels * divisor) << i;
  }
  return ill;
}

/// Calls body(n, strip, h, w, y) with all lanes for every row h of windows in the warp's band: y
/// |y| of the windows (h, w) to (h, w + 3), NaN where there is none.
template <class T, class Body>
__device__ void for_box5_rows(const Box5Job<T>& job, const Body& body) {
  const int64_t warp = (int64_t(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
  const int64_t strip = warp % job.strips(), band = warp / job.strips() % job.bands();
  const int64_t n = warp / job.strips() / job.bands();
  if (n >= job.frames.N) return;
  const int lane = int(threadIdx.x) % 32;
  const int64_t w = strip * box5_strip + lane * box5_columns;
  const int64_t first = band * box5_band, last = min(first + box5_band, job.rows()) + 4;
  const int64_t columns = lane < 31 ? job.columns() - w : 0;
  const Centring centring = hitsieve::centring<T>(job.statistics[n]);
  const float floor = float(job.floor_factor * centring.deviation);
  Box5Line line[5];
  for (int64_t h = first; h < last; h += 5)
#pragma unroll
    for (int r = 0; r < 5; ++r) {
      if (h + r >= last) break;
      read_line(job, centring, n, h + r, w, line[r]);
      const int64_t top = h + r - 4;
      if (top < first) continue;
      float y[box5_columns];
      const unsigned ill = box5_values(line, r, floor, y);
#pragma unroll
      for (int i = 0; i < box5_columns; ++i) {
        if (i >= columns)
          y[i] = NAN;
        else if (ill >> i & 1u)
          y[i] = box5_exact(job, centring, n, top, w + i, floor);
      }
      body(n, strip, top, w, y);
    }
}

}  // namespace
}  // namespace hitsieve
