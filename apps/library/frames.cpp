#include "apps/library/frames.h"

#include <algorithm>
#include <cmath>

#include "data/frame.h"
#include "data/pixel_convert.h"

namespace hitsieve {
namespace {

struct Pixel {
  const char* name;
  size_t bytes;
};
constexpr Pixel pixels[] = {{"uint8", 1},   {"int8", 1},   {"uint16", 2}, {"int16", 2},
                            {"uint32", 4},  {"int32", 4},  {"uint64", 8}, {"int64", 8},
                            {"float32", 4}, {"float64", 8}};

const Pixel& pixel_of(int32_t type) {
  check<ArgumentError>(type >= HITSIEVE_UINT8 && type <= HITSIEVE_FLOAT64, "frames: type ", type,
                       " is none of HITSIEVE_UINT8 (1) to HITSIEVE_FLOAT64 (10)");
  return pixels[type - HITSIEVE_UINT8];
}

/// The strides in full, after a look at all that is there.
hitsieve_frames checked(hitsieve_frames f) {
  constexpr int64_t most = int64_t(1) << 40;  // products of two stay within 64 bits, with a check
  for (const int64_t size : {f.count, f.height, f.width, f.row_stride, f.frame_stride,
                             f.mask_row_stride, f.mask_frame_stride})
    check<ArgumentError>(size >= 0 && size < most, "frames: a size or stride is ", size);
  check<ArgumentError>(f.height > 0 && f.width > 0, "frames of ", f.height, " x ", f.width,
                       " pixels");
  if (f.row_stride == 0) f.row_stride = f.width;
  if (f.mask_row_stride == 0) f.mask_row_stride = f.width;
  check<ArgumentError>(f.row_stride >= f.width, "frames: row stride ", f.row_stride,
                       " is less than the width ", f.width);
  check<ArgumentError>(!f.mask || f.mask_row_stride >= f.width, "frames: mask row stride ",
                       f.mask_row_stride, " is less than the width ", f.width);
  if (f.frame_stride == 0) {
    check<ArgumentError>(f.row_stride < most / f.height, "frames: ", f.height,
                         " rows with a stride of ", f.row_stride, " fit no memory");
    f.frame_stride = f.height * f.row_stride;
  }
  const double last = double(f.count) * double(std::max(f.frame_stride, f.mask_frame_stride)) +
                      double(f.height) * double(std::max(f.row_stride, f.mask_row_stride));
  check<ArgumentError>(last < double(most), "frames: ", f.count, " frames with a stride of ",
                       f.frame_stride, " fit no memory");
  check<ArgumentError>(f.device == HITSIEVE_CPU || f.device == HITSIEVE_CUDA, "frames: device ",
                       f.device, " is neither HITSIEVE_CPU (0) nor HITSIEVE_CUDA (1)");
  check<ArgumentError>(f.count == 0 || f.pixels, "frames: no pixels given");
  check<ArgumentError>(reinterpret_cast<uintptr_t>(f.pixels) % pixel_of(f.type).bytes == 0,
                       "frames: the pixels' address is not aligned for ", pixel_of(f.type).name);
  return f;
}

/// The caller's range within what the type allows, as files' ranges are treated.
PixelRange range_of(const hitsieve_frames& f, const PixelRule& rule) {
  check<ArgumentError>(f.minimum < f.maximum, "frames: values from ", f.minimum, " to ", f.maximum,
                       " count; want the smaller first, -INFINITY and INFINITY for all");
  const PixelRange range{std::max(f.minimum, rule.trusted.min),
                         std::min(f.maximum, rule.trusted.max)};
  check<ArgumentError>(range.minimum <= range.maximum, "frames: no ", rule.stored,
                       " value is in the range ", f.minimum, " to ", f.maximum);
  return range;
}

Region region_of(const hitsieve_frames& f, int64_t crop) {
  try {
    return central({f.height, f.width}, crop);
  } catch (const Error& error) {
    throw ArgumentError(error.what());
  }
}

}  // namespace

CroppedFrames::CroppedFrames(const hitsieve_frames& frames, int64_t crop)
    : frames_(checked(frames)), rule_(*pixel_rule(pixel_of(frames.type).name)) {
  const Region region = region_of(frames_, crop);
  const int64_t first = region.ss0 * frames_.row_stride + region.fs0;
  if (frames_.pixels)
    crop_.pixels = static_cast<const std::byte*>(frames_.pixels) +
                   first * int64_t(pixel_of(frames_.type).bytes);
  crop_.type = rule_.memory;
  crop_.N = 1, crop_.H = crop, crop_.W = crop;
  crop_.row_stride = frames_.row_stride, crop_.frame_stride = frames_.frame_stride;
  if (frames_.mask) crop_.mask = frames_.mask + region.ss0 * frames_.mask_row_stride + region.fs0;
  crop_.mask_row_stride = frames_.mask_row_stride;
  crop_.mask_frame_stride = frames_.mask_frame_stride;
  crop_.range = range_of(frames_, rule_);
}

const char* CroppedFrames::type() const { return rule_.stored; }
bool CroppedFrames::native() const { return std::string(name_of(rule_.memory)) == rule_.stored; }

RawFrames CroppedFrames::some(int64_t first, int64_t count) const {
  RawFrames frames = crop_.frame(first);
  frames.N = count;
  return frames;
}

RawFrames CroppedFrames::one(int64_t n, std::vector<std::byte>& buffer) const {
  if (native()) return crop_.frame(n);
  const int64_t from = int64_t(pixel_of(frames_.type).bytes), to = int64_t(size_of(rule_.memory));
  buffer.resize(size_t(crop_.H * crop_.W * to));
  const auto* row = static_cast<const std::byte*>(crop_.pixels) + n * crop_.frame_stride * from;
  for (int64_t h = 0; h < crop_.H; ++h)
    rule_.convert(row + h * crop_.row_stride * from, buffer.data() + h * crop_.W * to, crop_.W);
  RawFrames frame = crop_;
  frame.pixels = buffer.data();
  frame.row_stride = crop_.W, frame.frame_stride = crop_.H * crop_.W;
  frame.mask = crop_.mask_row(n, 0);
  return frame;
}

void check_mask(const hitsieve_frames& given) {
  if (!given.mask || given.mask_frame_stride != 0) return;
  const hitsieve_frames f = checked(given);
  int64_t bad = 0;
  for (int64_t h = 0; h < f.height; ++h) {
    const uint8_t* row = f.mask + h * f.mask_row_stride;
    bad += f.width - std::count(row, row + f.width, uint8_t(0));
  }
  check<ArgumentError>(2 * bad <= f.height * f.width, "mask: ", bad, " of ", f.height * f.width,
                       " pixels are bad, over half; nonzero is bad here, is nonzero good in it?");
}

}  // namespace hitsieve
