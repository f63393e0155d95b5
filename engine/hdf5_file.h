// HDF5 files: open, create, read, write, list. A thin layer over the C API that closes what it
// opened, serialises every call (hdf5_lock.h), and turns HDF5's error stack into one Error that
// names file and dataset. Files created here have the same bytes for the same contents: no time
// stamps, a fixed format version.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/hdf5_lock.h"

namespace hitsieve {

/// `type`: "uint16", "float32", "bool", "string", "other", ...
struct Hdf5DatasetInfo {
  std::string path, type;
  std::vector<int64_t> shape;
};
std::string text_of(const Hdf5DatasetInfo& info);  ///< "/data (10, 724, 724) uint16"

/// The names in a path of groups: {"a", "b"} of "/a//b/".
std::vector<std::string> split_path(const std::string& path);

class Hdf5File {
 public:
  /// For reading. Error: no such file, a folder, no permission, not HDF5, truncated, empty.
  static Hdf5File open(const std::string& path);
  /// For reading, a whole file that lies in memory, of which HDF5 keeps a copy; errors call it
  /// `name`.
  static Hdf5File open_image(const std::string& name, std::span<const std::byte> image);
  /// A new file, replacing what is there; give it OutputFile::temporary(). OutputError. HDF5 leaves
  /// its first `user_block` bytes (0, 512, 1024, ...) alone.
  static Hdf5File create(const std::string& path, size_t user_block = 0);

  const std::string& path() const { return path_; }
  hid_t id() const { return id_; }  ///< for calls of the C API, under Hdf5Lock
  /// Writes all out and closes; OutputError when the disk did not take it. Call it on every file
  /// created: the destructor closes too but cannot report.
  void close();

  bool has(const std::string& object) const;  ///< can be reached, through links too
  /// Empty, or why a link on the way to `object` leads nowhere ("/a is a link to /b in x.h5, ...").
  std::string broken_link(const std::string& object) const;
  /// All datasets below `group`, through links too, by name; groups seen once.
  std::vector<Hdf5DatasetInfo> datasets(const std::string& group = "/") const;
  /// The names of what lies directly in `group`, by name.
  std::vector<std::string> children(const std::string& group) const;
  Hdf5DatasetInfo info(const std::string& dataset) const;

  /// T: integers of 8 to 64 bits, float, double. The stored type must fit into T without loss (but
  /// 64-bit integers may go into double); anything else is an Error, never a clamped value.
  template <class T>
  std::vector<T> read(const std::string& dataset) const;
  template <class T>
  T read_value(const std::string& dataset) const;  ///< a scalar, or an array of one
  std::vector<std::string> read_strings(const std::string& dataset) const;
  std::string read_string(const std::string& dataset) const;

  /// `shape` {} is a scalar. Groups on the way are made. `deflate` 1..9 stores one compressed
  /// chunk.
  template <class T>
  void write(const std::string& dataset, const T* values, const std::vector<int64_t>& shape,
             int deflate = 0);
  template <class T>
  void write_value(const std::string& dataset, T value) {
    write(dataset, &value, {});
  }
  void write_string(const std::string& dataset, const std::string& value);
  void write_strings(const std::string& dataset, const std::vector<std::string>& values);

  /// Attributes of the dataset or group `object`, with the rules of read().
  bool has_attribute(const std::string& object, const std::string& name) const;
  template <class T>
  std::vector<T> read_attribute(const std::string& object, const std::string& name) const;
  std::string read_attribute_string(const std::string& object, const std::string& name) const;
  template <class T>
  void write_attribute(const std::string& object, const std::string& name,
                       const std::vector<T>& values);
  void write_attribute_string(const std::string& object, const std::string& name,
                              const std::string& value);

  void make_group(const std::string& group);  ///< and those above it
  void soft_link(const std::string& target, const std::string& link);
  void external_link(const std::string& file, const std::string& target, const std::string& link);

 private:
  Hdf5File(std::string path, Hdf5Id id) : path_(path), id_(std::move(id)) {}
  std::string path_;
  Hdf5Id id_;
};

}  // namespace hitsieve
