#include "data/frame_source.h"

#include <algorithm>
#include <cstdio>
#include <mutex>

#include "data/frame_layout.h"

namespace hitsieve {

struct FrameSource::Layout {
  std::unique_ptr<FrameLayout> is;

  /// The mask for all frames, cut to the region; the last one is kept.
  std::shared_ptr<const Mask> mask_in(const Region& region) {
    if (!is->mask) return nullptr;
    const std::lock_guard lock(mutex);
    if (!cut_mask || !(cut_region == region)) {
      cut_mask = std::make_shared<const Mask>(
          cut(*is->mask, region.ss0, region.fs0, region.shape.ss, region.shape.fs));
      cut_region = region;
    }
    return cut_mask;
  }

  std::mutex mutex;
  Region cut_region;
  std::shared_ptr<const Mask> cut_mask;
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

/// own_bad = mask or this frame's own mask.
template <class T>
void join_masks(const std::vector<std::byte>& own, const Mask* mask, std::vector<uint8_t>& bad) {
  const auto* values = reinterpret_cast<const T*>(own.data());
  bad.resize(own.size() / sizeof(T));
  for (size_t i = 0; i < bad.size(); ++i) bad[i] = values[i] != 0 || (mask && mask->bad[i]);
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
  layout_->cut_mask = nullptr;
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
  const ImageDataset& data = is.parts[part];
  with_name(is.info, data.dataset(), frame,
            [&] { data.fetch(frame - is.first[part], region, encoded.data); });
  if (is.masks)
    with_name(is.info, is.masks->dataset(), frame,
              [&] { is.masks->fetch(frame, region, encoded.mask); });
}

void FrameSource::decode(EncodedFrame& encoded, Frame& frame) const {
  const FrameLayout& is = *layout_->is;
  const Region& region = encoded.region;
  const ImageDataset& data = is.parts[encoded.part];
  frame.type = is.info.type, frame.shape = region.shape, frame.trusted = is.info.trusted;
  with_name(is.info, data.dataset(), encoded.frame,
            [&] { data.decode(encoded.data, region, frame.pixels, encoded.scratch); });
  frame.mask = layout_->mask_in(region);
  frame.own_bad.clear();
  if (!is.masks) return;
  with_name(is.info, is.masks->dataset(), encoded.frame,
            [&] { is.masks->decode(encoded.mask, region, encoded.mask_pixels, encoded.scratch); });
  by_pixel(is.masks->pixels().memory, "mask",
           [&]<class T>() { join_masks<T>(encoded.mask_pixels, frame.mask.get(), frame.own_bad); });
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
