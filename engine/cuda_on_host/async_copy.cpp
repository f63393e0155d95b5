#include "engine/cuda_on_host/async_copy.h"

#include <cstring>

namespace hitsieve::emu {
namespace {
// Through pointers, so that the sanitizers' versions are called and see the accesses.
void* (*volatile copy_bytes)(void*, const void*, size_t) = std::memcpy;
void* (*volatile set_bytes)(void*, int, size_t) = std::memset;
}  // namespace

void AsyncCopies::perform(const Copy& copy) {
  if (copy.read_bytes > 0) copy_bytes(copy.to, copy.from, copy.read_bytes);
  if (copy.read_bytes < copy.bytes)
    set_bytes(static_cast<char*>(copy.to) + copy.read_bytes, 0, copy.bytes - copy.read_bytes);
}

void AsyncCopies::start(void* to, const void* from, size_t bytes, size_t read_bytes, bool at_once) {
  const Copy copy{to, from, bytes, read_bytes};
  if (at_once) {
    perform(copy);
  } else {
    copies_.push_back(copy);
  }
}

void AsyncCopies::commit() {
  size_t in_groups = 0;
  for (const size_t n : groups_) in_groups += n;
  groups_.push_back(copies_.size() - in_groups);
}

void AsyncCopies::perform_first(size_t count) {
  for (size_t i = 0; i < count; ++i) perform(copies_[i]);
  copies_.erase(copies_.begin(), copies_.begin() + std::ptrdiff_t(count));
}

void AsyncCopies::wait_groups(size_t groups) {
  size_t count = 0;
  while (groups_.size() > groups) {
    count += groups_.front();
    groups_.erase(groups_.begin());
  }
  perform_first(count);
}

void AsyncCopies::finish_all() {
  groups_.clear();
  perform_first(copies_.size());
}

}  // namespace hitsieve::emu
