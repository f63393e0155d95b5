// A checkpoint: named tensors, numbers and texts in one HDF5 file, written whole or not at all, and
// read back bit for bit. The engine gives it a kind and a format; what the names mean is up to
// nets/. The file is sealed (file_seal.h), and the seal is looked at first.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/tensor.h"

namespace hitsieve {

class Hdf5File;

/// The program's version, from the build, e.g. "0.1.0".
const char* version();

class Checkpoint {
 public:
  /// Raised whenever what the names mean changes; a reader refuses any other.
  static constexpr int format = 4;

  explicit Checkpoint(std::string kind) : kind_(std::move(kind)) {}

  /// Error: no such file, no checkpoint, truncated, damaged (by its checksum), another kind or
  /// format (both are named), a tensor with a NaN or an infinity (named).
  static Checkpoint load(const std::string& path, const std::string& kind);
  /// From the bytes of a file; errors call it `name`.
  static Checkpoint load(const std::string& name, std::span<const std::byte> bytes,
                         const std::string& kind);
  /// Whether the file is a checkpoint of any format, whole or not.
  static bool is_one(const std::string& path);
  /// OutputError: exists and not `overwrite`, folder missing, disk full. The same contents make the
  /// same bytes.
  void save(const std::string& path, bool overwrite) const;

  /// Names are paths, e.g. "base/0/conv/weight". set replaces.
  void set(const std::string& name, const Tensor& tensor) {
    tensors_[name] = tensor.to(Device::cpu);
  }
  void set(const std::string& name, double number) { numbers_[name] = number; }
  void set(const std::string& name, const std::string& text) { texts_[name] = text; }
  void set(const std::string& name, const std::vector<uint64_t>& ids) { ids_[name] = ids; }

  /// Error, naming file and item, when there is none; tensors also when the shape is another.
  Tensor tensor(const std::string& name, const Shape& shape) const;
  Tensor tensor(const std::string& name) const;
  double number(const std::string& name) const;
  int64_t integer(const std::string& name) const;  ///< also when the number is no integer
  const std::string& text(const std::string& name) const;
  const std::vector<uint64_t>& ids(const std::string& name) const;

  const std::string& path() const { return path_; }  ///< where it was loaded from, or ""
  const std::string& written_by() const { return written_by_; }  ///< a version, or ""
  const std::map<std::string, Tensor>& tensors() const { return tensors_; }
  const std::map<std::string, double>& numbers() const { return numbers_; }
  const std::map<std::string, std::string>& texts() const { return texts_; }

 private:
  void read(const Hdf5File& file, size_t bytes);

  std::string kind_, path_, written_by_;
  std::map<std::string, Tensor> tensors_;
  std::map<std::string, double> numbers_;
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::vector<uint64_t>> ids_;
};

}  // namespace hitsieve
