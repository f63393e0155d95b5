// The same frames stored in every layout that is read, for tests: written here, from the layouts'
// descriptions, through HDF5's own interface.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "data/frame_source.h"
#include "tests/data/runs.h"

namespace hitsieve {

/// What stored_layouts() write: sample_frame(i, stored_shape).
inline constexpr FrameShape stored_shape{24, 20};

/// How a dataset lies in its file: `chunk` {} is contiguous, each filter encodes a chunk.
struct Storing {
  hid_t type = H5T_STD_U16LE;
  std::vector<hsize_t> sizes, chunk = {};
  std::vector<int> filters = {};      ///< ids, bitshuffle's values below
  std::vector<unsigned> values = {};  ///< of the last filter
  std::string name = {};              ///< of the last filter, as the file gives it
};

/// Encodes `bytes` as the last filter says (1, 2, 32001, 32004, 32008, 32015).
std::vector<std::byte> encode(const Storing& how, std::vector<std::byte> bytes, size_t size);

Hdf5Id links();  ///< makes the groups on the way

/// A new file, of the newest format that this library writes, as virtual datasets need it.
Hdf5Id new_file(const std::string& path);
void store(hid_t file, const std::string& dataset, const Storing& how, const void* data);

/// One source of a virtual dataset: all of `sizes` of it, at `start` of the whole.
struct VirtualPart {
  std::string file, dataset;
  std::vector<hsize_t> sizes, start, count;
};
void store_virtual(hid_t file, const std::string& dataset, hid_t type,
                   const std::vector<hsize_t>& sizes, const std::vector<VirtualPart>& parts,
                   double fill = 0);

/// Where the quadrants of a frame are: the third is stored upside down.
std::string quadrant_geometry(const std::string& data);

struct StoredLayout {
  const char* name;
  /// Writes `frames` frames into the folder; the first file is opened, with the geometry.
  std::function<std::vector<std::string>(const TemporaryFolder&, int64_t frames)> write;
  std::string geometry = {};
};
const std::vector<StoredLayout>& stored_layouts();

std::unique_ptr<FrameSource> open_stored(const StoredLayout& layout, const std::string& path);

}  // namespace hitsieve
