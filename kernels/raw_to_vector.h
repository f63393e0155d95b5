// rwd(lcn(gcn(raw))) in one operation that never writes the normalised image: one pass over the raw
// pixels for their mean and deviation, one for the windows and the rows' extremes. For floor =
// mean_deviation the second pass runs twice. Equal to the chain up to float rounding.
#pragma once
#include <type_traits>
#include <vector>

#include "engine/simd.h"
#include "engine/tensor.h"
#include "kernels/gcn.h"
#include "kernels/lcn.h"
#include "kernels/raw_frames.h"

namespace hitsieve {

/// frames -> vectors (N, H - window + 1) and statistics (N), all on `device`; a crop of larger
/// frames is given by strides. A frame that cannot be normalised (statistics: valid == 0 or
/// deviation == 0) gives zeros: callers who have a name for the frame make an error of it.
/// The CPU spreads frames over the threads; after a thread's first frame nothing is allocated.
void raw_to_vector(const RawFrames& frames, const LcnOptions& options, Device device,
                   float* vectors, FrameStatistics* statistics);

struct FrameVectors {
  Tensor vectors;                           ///< (N, H - window + 1) f32, where the raw frames are
  std::vector<FrameStatistics> statistics;  ///< (N)
};

/// The same from a tensor (N, H, W), with mask and range as gcn takes them.
FrameVectors raw_to_vector(const Tensor& raw, const Tensor& mask = {}, const PixelRange& range = {},
                           const LcnOptions& options = {});

struct RawToVectorKernels {
  void (*vectors)(const RawFrames& frames, const WindowWeights& weights, const LcnOptions& options,
                  float* vectors, FrameStatistics* statistics);
};

/// How a device centres raw pixels before it sums them. Integers stay integers, so that sums of
/// them are exact below 2^24; others are scaled as gcn does. `deviation` is that of the result.
struct Centring {
  double origin, scale, deviation;
  int32_t whole;  ///< the origin of integers
};

template <class T>
HS_HD Centring centring(const FrameStatistics& s) {
  if (std::is_integral_v<T>) return {std::rint(s.mean), 1, s.deviation, int32_t(std::rint(s.mean))};
  return {s.mean, gcn_scale(s), 1, 0};
}

/// A pixel, centred.
template <class T>
HS_HD HS_INLINE float centred_pixel(T p, const Centring& centring) {
  if constexpr (sizeof(T) == 2)
    return float(int32_t(p) - centring.whole);
  else
    return float((double(p) - centring.origin) * centring.scale);
}

}  // namespace hitsieve
