// HDF5 files: open, create, read, write, list. A thin layer over the C API that closes what it
// opened, serialises every call (common HDF5 builds are not thread-safe), and turns HDF5's error
// stack into one Error that names file and dataset. Files created here have the same bytes for the
// same contents: no time stamps, a fixed format version.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <hdf5.h>

#include "engine/check.h"

namespace hitsieve {

/// Held around HDF5 calls, by everything here and by any code that calls the C API itself. One
/// recursive mutex a process; while held, HDF5 prints nothing of its own.
class Hdf5Lock {
 public:
  Hdf5Lock();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

std::string hdf5_error();  ///< HDF5's error stack of this thread in one line, innermost first

/// An HDF5 identifier that closes itself.
class Hdf5Id {
 public:
  Hdf5Id() = default;
  Hdf5Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Hdf5Id(Hdf5Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Id& operator=(Hdf5Id&& other) noexcept {
    std::swap(id_, other.id_), std::swap(close_, other.close_);
    return *this;
  }
  ~Hdf5Id();
  operator hid_t() const { return id_; }
  bool ok() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// `type`: "uint16", "float32", "bool", "string", "other", ...
struct Hdf5DatasetInfo {
  std::string path, type;
  std::vector<int64_t> shape;
};
std::string text_of(const Hdf5DatasetInfo& info);  ///< "/data (10, 724, 724) uint16"

class Hdf5File {
 public:
  /// For reading. Error: no such file, a folder, no permission, not HDF5, truncated, empty.
  static Hdf5File open(const std::string& path);
  /// A new file, replacing what is there; give it OutputFile::temporary(). OutputError.
  static Hdf5File create(const std::string& path);

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
