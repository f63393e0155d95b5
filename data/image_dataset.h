// One HDF5 dataset of images, (N, ss, fs) or a single (ss, fs), or modular with further axes in
// front of ss: what it holds and how it lies in the file, and its images one by one. An image of a
// contiguous dataset is read with pread, one that is a chunk of its own as that raw chunk, both
// decoded without the HDF5 library; everything else is read by HDF5.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/chunk_codec.h"
#include "data/frame.h"
#include "data/pixel_convert.h"
#include "engine/hdf5_file.h"

namespace hitsieve {

/// An image as it lies in the file, of which only the region is wanted.
struct EncodedImage {
  Bytes bytes;
  uint32_t filter_mask = 0;
  int64_t first_row = 0;  ///< of the image, at the start of the decoded bytes
  int64_t first_column = 0, columns = 0;
  bool filtered = false;
  const std::vector<ChunkFilter>* filters = nullptr;  ///< the dataset's, where it is filtered
};

/// A file opened for pread, beside HDF5.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(const std::string& path);
  FileDescriptor(FileDescriptor&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~FileDescriptor();
  uint64_t size() const;
  /// All `count` bytes or an Error.
  void read(std::byte* out, size_t count, uint64_t offset) const;

 private:
  int id_ = -1;
};

/// What the axes of a dataset are. An image of a modular one is its modules below each other, of
/// (modules x ss, fs) pixels.
enum class ImageAxes : uint8_t {
  plain,           ///< (ss, fs) or (N, ss, fs), by the number of axes
  modular_frames,  ///< (N, ..., ss, fs)
  modular,         ///< (..., ss, fs), one image
};

class ImageDataset {
 public:
  struct Options {
    ImageAxes axes = ImageAxes::plain;
    bool mask = false;  ///< integers of 32 bits at most, whose bits are kept
    bool many = false;  ///< one of many in its file, which is not opened again for each
  };
  /// Error: wrong rank (4: modular) or type, no images, nothing ever written, a missing source of a
  /// virtual dataset, a filter that nobody here can undo. All name file and dataset.
  ImageDataset(const Hdf5File& file, const std::string& dataset, Options options);
  ImageDataset(const Hdf5File& file, const std::string& dataset)
      : ImageDataset(file, dataset, Options()) {}

  const std::string& dataset() const { return name_; }
  int64_t count() const { return count_; }
  const std::vector<hsize_t>& sizes() const { return sizes_; }  ///< of all axes
  FrameShape shape() const { return shape_; }
  /// That it lies in, by links too: files_of() (engine/hdf5_written.h), and those of its sources.
  const std::vector<std::string>& files() const { return files_; }
  const PixelRule& pixels() const { return *rule_; }       ///< stored and memory type
  const std::string& storage() const { return storage_; }  ///< "chunk 1 x 724 x 724, deflate ..."

  /// From several threads; errors do not name the file, callers do.
  void fetch(int64_t image, const Region& region, EncodedImage& encoded) const;
  void decode(EncodedImage& encoded, const Region& region, Bytes& pixels, Bytes& scratch) const;

 private:
  enum class Access { pread, chunk, hdf5 };
  void read_shape(ImageAxes axes);
  void read_type(const std::string& stored, bool mask);
  void read_layout(bool mask);
  void check_virtual(bool mask);
  void read_filters();
  void choose_access(bool many);
  void open_contiguous();
  void enlarge_cache();
  bool written(int64_t image, const Region& region) const;
  void fetch_rows(int64_t image, const Region& region, EncodedImage& encoded) const;
  void fetch_chunk(int64_t image, EncodedImage& encoded) const;
  void fetch_hdf5(int64_t image, const Region& region, EncodedImage& encoded) const;

  std::string name_, where_, storage_;  // where_: "file: dataset", for messages
  std::vector<std::string> files_;
  Hdf5Id dataset_, creation_, native_type_;
  std::vector<hsize_t> sizes_;
  size_t frame_axes_ = 0;  // 1 when the first axis counts images
  int64_t count_ = 0;
  FrameShape shape_;
  const PixelRule* rule_ = nullptr;
  size_t stored_size_ = 0;
  bool raw_is_native_ = false;  // little-endian, IEEE: bytes in the file are values in memory
  bool partly_written_ = false;
  std::vector<ChunkFilter> filters_;
  std::vector<hsize_t> chunk_;  // empty: not chunked
  Access access_ = Access::hdf5;
  FileDescriptor file_;
  uint64_t offset_ = 0;
};

}  // namespace hitsieve
