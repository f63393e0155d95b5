// Frames as the C interface takes them, checked and turned into those that a screener takes.
#pragma once
#include <vector>

#include <hitsieve/hitsieve.h>

#include "engine/check.h"
#include "kernels/raw_frames.h"

namespace hitsieve {

struct PixelRule;

/// HITSIEVE_ERROR_ARGUMENT.
struct ArgumentError : Error {
  using Error::Error;
};

/// The central crops of a batch, where they lie.
class CroppedFrames {
 public:
  /// ArgumentError: anything that makes no sense, smaller than the crop, no value that counts.
  CroppedFrames(const hitsieve_frames& frames, int64_t crop);

  int64_t count() const { return frames_.count; }
  int64_t pixels() const { return crop_.H * crop_.W; }  ///< of a crop
  /// Whether the pixels have a type that is computed with, and need no conversion.
  bool native() const;
  const char* type() const;
  /// Frames first to first + count, where they lie; their type has to be native.
  RawFrames some(int64_t first, int64_t count) const;
  /// Frame n in host memory; a type that is not native is converted into `buffer`.
  RawFrames one(int64_t n, std::vector<std::byte>& buffer) const;

 private:
  hitsieve_frames frames_;  // no stride 0 left but that of one mask for all
  const PixelRule& rule_;
  RawFrames crop_;  // of the first frame; pixels of the caller's type
};

/// ArgumentError when one mask for all frames, in host memory, has over half of its pixels bad.
void check_mask(const hitsieve_frames& frames);

}  // namespace hitsieve
