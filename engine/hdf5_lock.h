// What every use of the HDF5 library here goes by: one caller at a time (common HDF5 builds are not
// thread-safe), its messages as text, its identifiers closed by their owners.
#pragma once
#include <mutex>
#include <string>
#include <utility>

#include <hdf5.h>

namespace hitsieve {

/// Held around HDF5 calls, by everything here and by any code that calls the C API itself. One
/// recursive mutex a process. While held, HDF5 prints nothing of its own; afterwards it prints what
/// the program around it wants printed.
class Hdf5Lock {
 public:
  Hdf5Lock();
  ~Hdf5Lock();
  Hdf5Lock(const Hdf5Lock&) = delete;
  Hdf5Lock& operator=(const Hdf5Lock&) = delete;

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

/// For programs, before anything else of HDF5; not for a library, whose program may rely on what
/// this takes away. At exit HDF5 would flush once more what a full disk refused, and crash: here
/// everything is closed by its owner before. And it would lock the files that a link or a virtual
/// dataset leads to, and read zeros when a writer has locked them; HDF5_USE_FILE_LOCKING in the
/// environment decides otherwise.
void set_up_hdf5();

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

}  // namespace hitsieve
