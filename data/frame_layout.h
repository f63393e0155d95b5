// What FrameSource::open finds out about a file: one function a layout, see frame_source.h.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/assembly.h"
#include "data/frame_source.h"
#include "data/image_dataset.h"
#include "engine/hdf5_file.h"

namespace hitsieve {

/// A mask a frame: good with all of the good bits and none of the bad bits.
struct FrameMask {
  ImageDataset data;
  size_t set = 0;  ///< of the frame's datasets, the one that it masks
  uint32_t good_bits = 0, bad_bits = ~uint32_t(0);

  bool is_bad(uint32_t value) const {
    return (value & good_bits) != good_bits || (value & bad_bits) != 0;
  }
};

struct FrameLayout {
  explicit FrameLayout(Hdf5File opened) : file(std::move(opened)) {}

  Hdf5File file;
  std::vector<Hdf5File> others;  ///< with masks
  SourceInfo info;
  /// One part after the other; a frame of a part is spread over `sets` datasets, by a geometry.
  std::vector<ImageDataset> parts;
  size_t sets = 1;
  std::vector<int64_t> first;  ///< frame of each part, and the number of all
  std::vector<FrameMask> masks;
  std::shared_ptr<const Mask> mask;          ///< for all frames
  std::shared_ptr<const Assembly> assembly;  ///< of the raw pixels of all sets; null: none
  std::vector<int64_t> raw_first;            ///< raw pixel of each set, and the number of all
};

/// Opens the file and fills all of it, or throws (FrameSource::open tells what).
std::unique_ptr<FrameLayout> open_layout(const std::string& path, const SourceOptions& options);

/// Adds a mask of the frames' shape for all frames; Error, naming `name`, when the shape differs.
void add_mask(FrameLayout& layout, const Mask& mask, const std::string& name);

// What the layouts are made of.

/// Frames at `dataset`, after those that are there already, of the same shape and type.
void add_part(FrameLayout& layout, const std::string& dataset, ImageDataset::Options options = {});
/// Says it once.
void note(SourceInfo& info, const std::string& text);
/// "12,345 of 524,176 pixels, 2.36 % masked".
std::string masked_in_words(const Mask& mask);
/// Adds what a mask is to the words about masks.
void describe_mask(SourceInfo& info, const std::string& what);
/// (N) numbers at `dataset`, appended; nothing when there is none, a note when they do not fit.
void add_per_frame(FrameLayout& layout, const std::string& dataset, int64_t frames,
                   std::vector<double>& values, double (*convert)(double));
/// The mask at `dataset` for all frames, (ss, fs), 0 = good.
void add_zero_good_mask(FrameLayout& layout, const std::string& dataset);
/// One mask a frame. Looks at that of the first frame: Error when over half of it is bad.
void add_frame_mask(FrameLayout& layout, FrameMask mask, const std::string& what);
/// Error: a mask is meant to be there, but is not.
void no_mask_there(const FrameLayout& layout, const std::string& why);
/// The masks that CXI has beside its frames. Error: there are links to one, and none leads there.
std::vector<std::string> cxi_masks(FrameLayout& layout);
bool is_group(const Hdf5File& file, const std::string& path);
/// Frames at this path are CXI's.
bool is_cxi_place(const std::string& dataset);
/// Which pixels of image i are bad; `where` names the mask in errors.
std::vector<uint8_t> bad_pixels(const FrameMask& mask, int64_t i, const std::string& where);
/// Error when over half are bad: names the mask and what was taken for good.
void check_half(const std::vector<uint8_t>& bad, const std::string& where, const std::string& rule);

/// Frames as a geometry says; DECTRIS' and NXmx' frames below /entry/data.
void open_by_geometry(FrameLayout& layout, const SourceOptions& options);
/// The file is laid out so; a dataset that is named may be one of its frames.
bool is_nxmx(const Hdf5File& file);
bool is_nxmx_place(const std::string& dataset);
bool is_idh5(const Hdf5File& file);
bool is_idh5_place(const std::string& dataset);
/// All of their frames, or those of options.dataset alone.
void open_idh5(FrameLayout& layout, const SourceOptions& options);
void open_nxmx(FrameLayout& layout, const SourceOptions& options);

}  // namespace hitsieve
