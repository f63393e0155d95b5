#include "data/frame_source.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "data/frame_layout.h"

namespace hitsieve {

struct FrameSource::Layout {
  std::unique_ptr<FrameLayout> is;

  /// What all frames have in common in a region.
  struct Common {
    Region region;
    std::shared_ptr<const Mask> mask;
    int64_t gaps = 0;
  };

  /// The last one is kept.
  Common common_in(const Region& region) {
    if (!is->mask) return {};
    const std::lock_guard lock(mutex);
    if (!common.mask || !(common.region == region)) {
      const auto cut_to = [&](const Mask& mask) {
        return cut(mask, region.ss0, region.fs0, region.shape.ss, region.shape.fs);
      };
      common = {region, std::make_shared<const Mask>(cut_to(*is->mask)),
                is->assembly ? cut_to(is->assembly->gaps).masked() : 0};
    }
    return common;
  }

  std::mutex mutex;
  Common common;
};

namespace {

void check_region(const SourceInfo& info, const Region& region) {
  check(region.ss0 >= 0 && region.fs0 >= 0 && region.shape.ss > 0 && region.shape.fs > 0 &&
            region.ss0 + region.shape.ss <= info.shape.ss &&
            region.fs0 + region.shape.fs <= info.shape.fs,
        info.path, ": no region of ", region.shape.ss, " x ", region.shape.fs, " at ", region.ss0,
        ", ", region.fs0, " in frames of ", info.shape.ss, " x ", info.shape.fs);
}

/// Runs body, and adds file, dataset and frame to what it throws.
template <class Body>
void with_name(const SourceInfo& info, const std::string& dataset, int64_t frame, Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    throw Error(text(info.path, " ", event_name(frame), ": ", dataset, ": frame ", frame, " ",
                     error.what()));
  }
}

/// Adds what one of the frame's own masks says of the region.
void join_mask(const FrameLayout& is, const FrameMask& mask, const Region& region,
               const Bytes& values, std::vector<uint8_t>& bad) {
  by_pixel(mask.data.pixels().memory, "mask", [&]<class T>() {
    const auto* value = reinterpret_cast<const T*>(values.data());
    const auto is_bad = [&](int64_t i) { return mask.is_bad(uint32_t(int32_t(value[i]))); };
    if (!is.assembly) {
      for (size_t i = 0; i < bad.size(); ++i) bad[i] |= uint8_t(is_bad(int64_t(i)));
      return;
    }
    const int64_t begin = is.raw_first[mask.set], end = is.raw_first[mask.set + 1];
    for_places(*is.assembly, region, [&](size_t i, size_t place) {
      const int64_t raw = is.assembly->raw[place];
      if (raw < begin || raw >= end) return;
      bad[i] |= uint8_t(is_bad(raw - begin));
    });
  });
}

/// Adds what the flags of each panel say of the values.
void join_flags(const Assembly& assembly, const Region& region, const Frame& frame,
                std::vector<uint8_t>& bad) {
  by_pixel(frame.type, "frame", [&]<class T>() {
    const T* pixel = frame.data<T>();
    for_places(assembly, region, [&](size_t i, size_t place) {
      const GeometryFlags& flags = assembly.flags[assembly.panel[place]];
      const auto value = double(pixel[i]);
      bool out = value > flags.above || value < flags.below;
      for (const double marked : flags.equal) out = out || std::rint(value) == marked;
      bad[i] |= uint8_t(out);
    });
  });
}

/// The part of a dataset that is read for a region of the frame.
Region wanted(const FrameLayout& is, const ImageDataset& data, const Region& region) {
  return is.assembly ? whole(data.shape()) : region;
}

}  // namespace

FrameSource::FrameSource(std::unique_ptr<Layout> layout) : layout_(std::move(layout)) {}
FrameSource::~FrameSource() = default;

std::unique_ptr<FrameSource> FrameSource::open(const std::string& path, SourceOptions options) {
  auto layout = std::make_unique<Layout>();
  layout->is = open_layout(path, options);
  return std::unique_ptr<FrameSource>(new FrameSource(std::move(layout)));
}

const SourceInfo& FrameSource::info() const { return layout_->is->info; }
const std::shared_ptr<const Mask>& FrameSource::mask() const { return layout_->is->mask; }

void FrameSource::add_mask(const Mask& mask, const std::string& name) {
  FrameLayout& is = *layout_->is;
  hitsieve::add_mask(is, mask, name);
  layout_->common = {};
  is.info.mask = (is.info.mask == "none" ? "" : is.info.mask + "; ") + name;
}

void FrameSource::fetch(int64_t frame, const Region& region, EncodedFrame& encoded) const {
  const FrameLayout& is = *layout_->is;
  check(frame >= 0 && frame < is.info.frames, is.info.path, " ", event_name(frame),
        ": the file has ", is.info.frames, " frames");
  check_region(is.info, region);
  const auto part =
      size_t(std::upper_bound(is.first.begin(), is.first.end(), frame) - is.first.begin() - 1);
  encoded.frame = frame, encoded.part = part, encoded.region = region;
  encoded.data.resize(is.sets), encoded.masks.resize(is.masks.size());
  for (size_t set = 0; set < is.sets; ++set) {
    const ImageDataset& data = is.parts[part * is.sets + set];
    with_name(is.info, data.dataset(), frame, [&] {
      data.fetch(frame - is.first[part], wanted(is, data, region), encoded.data[set]);
    });
  }
  for (size_t i = 0; i < is.masks.size(); ++i) {
    const ImageDataset& mask = is.masks[i].data;
    with_name(is.info, mask.dataset(), frame,
              [&] { mask.fetch(frame, wanted(is, mask, region), encoded.masks[i]); });
  }
}

void FrameSource::decode(EncodedFrame& encoded, Frame& frame) const {
  const FrameLayout& is = *layout_->is;
  const Region& region = encoded.region;
  frame.type = is.info.type, frame.shape = region.shape, frame.trusted = is.info.trusted;
  const size_t size = size_of(frame.type);
  if (is.assembly) encoded.raw.resize(size_t(is.raw_first.back()) * size);
  for (size_t set = 0; set < is.sets; ++set) {
    const ImageDataset& data = is.parts[encoded.part * is.sets + set];
    Bytes& pixels = is.assembly ? encoded.pixels : frame.pixels;
    with_name(is.info, data.dataset(), encoded.frame, [&] {
      data.decode(encoded.data[set], wanted(is, data, region), pixels, encoded.scratch);
    });
    if (is.assembly)
      std::copy(pixels.begin(), pixels.end(),
                encoded.raw.begin() + is.raw_first[set] * ptrdiff_t(size));
  }
  if (is.assembly) gather(*is.assembly, region, size, encoded.raw.data(), frame.pixels);
  const Layout::Common common = layout_->common_in(region);
  frame.mask = common.mask, frame.gaps = common.gaps;
  decode_own_bad(encoded, frame);
}

void FrameSource::decode_own_bad(EncodedFrame& encoded, Frame& frame) const {
  const FrameLayout& is = *layout_->is;
  const Region& region = encoded.region;
  const bool flags = is.assembly && !is.assembly->flags.empty();
  frame.own_bad.clear();
  frame.own_masked = 0;
  if (is.masks.empty() && !flags) return;
  frame.own_bad.assign(size_t(region.shape.pixels()), 0);
  for (size_t i = 0; i < is.masks.size(); ++i) {
    const ImageDataset& mask = is.masks[i].data;
    with_name(is.info, mask.dataset(), encoded.frame, [&] {
      mask.decode(encoded.masks[i], wanted(is, mask, region), encoded.pixels, encoded.scratch);
    });
    join_mask(is, is.masks[i], region, encoded.pixels, frame.own_bad);
  }
  const auto masked = std::count(frame.own_bad.begin(), frame.own_bad.end(), uint8_t(1));
  frame.own_masked = masked == 0 ? 0 : double(masked) / double(frame.detected());
  if (frame.mask)
    for (size_t i = 0; i < frame.own_bad.size(); ++i) frame.own_bad[i] |= frame.mask->bad[i] != 0;
  if (flags) join_flags(*is.assembly, region, frame, frame.own_bad);
}

Frame FrameSource::read(int64_t frame, const Region& region) const {
  EncodedFrame encoded;
  Frame decoded;
  fetch(frame, region, encoded);
  decode(encoded, decoded);
  return decoded;
}

std::string event_name(int64_t frame) { return text("//", frame); }

}  // namespace hitsieve
