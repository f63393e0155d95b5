// What FrameSource::open finds out about a file: one function a layout, see frame_source.h.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/frame_source.h"
#include "data/image_dataset.h"
#include "engine/hdf5_file.h"

namespace hitsieve {

struct FrameLayout {
  explicit FrameLayout(Hdf5File opened) : file(std::move(opened)) {}

  Hdf5File file;
  SourceInfo info;
  std::vector<ImageDataset> parts;    ///< one after the other
  std::vector<int64_t> first;         ///< frame of each part, and the number of all
  std::optional<ImageDataset> masks;  ///< one a frame, 0 = good
  std::shared_ptr<const Mask> mask;   ///< for all frames
};

/// Opens the file and fills all of it, or throws (FrameSource::open tells what).
std::unique_ptr<FrameLayout> open_layout(const std::string& path, const SourceOptions& options);

/// Adds a mask of the frames' shape for all frames; Error, naming `name`, when the shape differs.
void add_mask(FrameLayout& layout, const Mask& mask, const std::string& name);

}  // namespace hitsieve
