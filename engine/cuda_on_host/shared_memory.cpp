#include "engine/cuda_on_host/shared_memory.h"

#include <cstring>

#include <sys/mman.h>

#include "engine/check.h"
#include "engine/cuda_on_host/grid.h"
#include "engine/cuda_on_host/sanitizers.h"

namespace hitsieve::emu {
namespace {
constexpr size_t kArena = 1 << 20;  // room for the gaps too
constexpr size_t kGap = 64, kAlign = 128, kMaxArrays = 64;
}  // namespace

SharedMemory::SharedMemory() {
  void* p = mmap(nullptr, kArena, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  check(p != MAP_FAILED, "cannot map ", kArena, " bytes for emulated shared memory");
  begin_ = free_ = static_cast<char*>(p);
  poison(begin_, kArena);
  arrays_.reserve(kMaxArrays);
}

SharedMemory::~SharedMemory() {
  unpoison(begin_, kArena);
  munmap(begin_, kArena);
}

void SharedMemory::start_block(size_t dynamic_bytes) {
  poison(begin_, size_t(free_ - begin_));
  free_ = begin_;
  arrays_.clear();
  static_bytes_ = 0, dynamic_bytes_ = dynamic_bytes;
  if (dynamic_bytes > 0) claim(dynamic_bytes, kAlign);
}

char* SharedMemory::claim(size_t bytes, size_t align) {
  const size_t offset = (size_t(free_ - begin_) + align - 1) / align * align;
  check(offset + bytes + kGap <= kArena && arrays_.size() < kMaxArrays, "more than ", kMaxArrays,
        " shared arrays in one kernel");
  char* const p = begin_ + offset;
  free_ = p + bytes + kGap;
  unpoison(p, bytes);
  const IgnoreAccesses ignore;
  std::memset(p, 0xFF, bytes);
  return p;
}

void* SharedMemory::array(const void* key, size_t bytes, size_t align, const char* name) {
  for (const Array& a : arrays_)
    if (a.key == key) return a.address;
  static_bytes_ += (bytes + align - 1) / align * align;
  check(static_bytes_ <= kMaxStaticShared, "static shared memory of ", static_bytes_,
        " bytes with array '", name, "' is more than the ", kMaxStaticShared,
        " bytes of a block; use DYN_SHARED");
  check(static_bytes_ + dynamic_bytes_ <= kMaxShared, "shared memory of ",
        static_bytes_ + dynamic_bytes_, " bytes (", static_bytes_, " static with array '", name,
        "', ", dynamic_bytes_, " dynamic) is more than the ", kMaxShared, " bytes of a block");
  arrays_.push_back({key, claim(bytes, align)});
  return arrays_.back().address;
}

}  // namespace hitsieve::emu
