#include "engine/hdf5_lock.h"

#include <cstdlib>

namespace hitsieve {
namespace {

std::recursive_mutex mutex;

/// Under the mutex: how often it is held, and what HDF5 did with errors before.
int depth = 0;
H5E_auto2_t print = nullptr;
void* print_to = nullptr;

}  // namespace

// Only the outermost lock touches HDF5: every call of it would clear the error stack.
Hdf5Lock::Hdf5Lock() : lock_(mutex) {
  if (depth++ > 0) return;
  H5Eget_auto2(H5E_DEFAULT, &print, &print_to);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // a thread's own setting in thread-safe builds
}

Hdf5Lock::~Hdf5Lock() {
  if (--depth == 0) H5Eset_auto2(H5E_DEFAULT, print, print_to);
}

void set_up_hdf5() {
  ::setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
  H5dont_atexit();
}

std::string hdf5_error() {
  std::string message;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* entry, void* out) -> herr_t {
        auto& joined = *static_cast<std::string*>(out);
        std::string part = entry->desc ? entry->desc : "";
        const std::string system = "error message = '";  // among addresses, times and sizes
        if (const size_t begin = part.find(system); begin != std::string::npos)
          part = part.substr(begin + system.size(),
                             part.find('\'', begin + system.size()) - begin - system.size());
        if (part.empty() || joined.find(part) != std::string::npos || joined.size() > 100) return 0;
        joined += (joined.empty() ? "" : "; ") + part;
        return 0;
      },
      &message);
  return message.empty() ? "HDF5 gives no reason" : message;
}

Hdf5Id::~Hdf5Id() {
  if (id_ < 0 || !close_) return;
  const Hdf5Lock lock;
  close_(id_);
}

}  // namespace hitsieve
