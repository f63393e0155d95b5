#include "engine/cuda_on_host/memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>

#include <sys/mman.h>

#include "engine/check.h"
#include "engine/cuda_on_host/grid.h"
#include "engine/cuda_on_host/sanitizers.h"

namespace hitsieve::emu {
namespace {

constexpr size_t kAlign = 256, kPage = 4096;
constexpr size_t kGap = kAsan ? 256 : 0;  // between allocations
constexpr size_t kCapacity = size_t(16) << 30;

size_t footprint(size_t bytes) { return (bytes + kGap + kAlign - 1) / kAlign * kAlign; }

}  // namespace

std::recursive_mutex& runtime_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

DeviceMemory& DeviceMemory::instance() {
  static DeviceMemory& memory = *new DeviceMemory;  // outlives every static that frees memory
  return memory;
}

DeviceMemory::DeviceMemory() {
  for (capacity_ = kCapacity; capacity_ >= kCapacity / 64; capacity_ /= 2) {
    void* p =
        mmap(nullptr, capacity_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p != MAP_FAILED) {
      base_ = static_cast<char*>(p);
      break;
    }
  }
  check(base_, "cannot reserve ", kCapacity / 64, " bytes of addresses for emulated device memory");
  const char* const protect = std::getenv("HITSIEVE_EMU_PROTECT");
  set_protection(!protect || std::strcmp(protect, "0") != 0);
  install_fault_messages();
}

void DeviceMemory::set_access(size_t begin, size_t end, int protection) {
  begin = begin / kPage * kPage, end = (end + kPage - 1) / kPage * kPage;
  if (begin == end) return;
  check(mprotect(base_ + begin, end - begin, protection) == 0,
        "cannot change the access to emulated device memory");
}

void DeviceMemory::show() {
  if (!hidden_) return;
  hidden_ = false;
  set_access(0, top_, PROT_READ | PROT_WRITE);
}

void DeviceMemory::hide() {
  if (hidden_ || !protect_) return;
  hidden_ = true;
  set_access(0, top_, PROT_NONE);
  install_fault_messages();  // here, since test frameworks put their own in place
}

void DeviceMemory::set_protection(bool on) {
  protect_ = on;
  if (!on) show();
}

void* DeviceMemory::allocate(size_t bytes) {
  const size_t size = footprint(std::max<size_t>(bytes, 1));
  size_t offset = top_;
  const auto fits = std::find_if(free_.begin(), free_.end(),
                                 [&](const auto& range) { return range.second >= size; });
  if (fits != free_.end()) {
    offset = fits->first;
    if (fits->second > size) free_[offset + size] = fits->second - size;
    free_.erase(offset);
  } else {
    if (size > capacity_ - top_) return nullptr;
    top_ += size;
  }
  // Room for it alone is opened for the fill: the rest stays hidden.
  set_access(offset, offset + size, PROT_READ | PROT_WRITE);
  unpoison(base_ + offset, bytes);
  std::memset(base_ + offset, 0xFF, bytes);
  poison(base_ + offset + bytes, size - bytes);
  if (hidden_) set_access(offset, offset + size, PROT_NONE);
  used_[offset] = bytes;
  in_use_ += size;
  return base_ + offset;
}

void DeviceMemory::release(void* p) {
  const auto found = contains(p) ? used_.find(size_t(static_cast<char*>(p) - base_)) : used_.end();
  check(found != used_.end(), "cudaFree of ", p, ", which is no allocation in use");
  auto [offset, size] = std::pair(found->first, footprint(std::max<size_t>(found->second, 1)));
  used_.erase(found);
  resting_.erase(offset);
  in_use_ -= size;
  poison(base_ + offset, size);
  const auto next = free_.lower_bound(offset);
  if (next != free_.begin())
    if (const auto before = std::prev(next); before->first + before->second == offset) {
      offset = before->first, size += before->second;
      free_.erase(before);
    }
  if (next != free_.end() && next->first == offset + size) {
    size += next->second;
    free_.erase(next);
  }
  free_[offset] = size;
}

void DeviceMemory::rest(void* p) {
  const size_t offset = size_t(static_cast<char*>(p) - base_);
  resting_.insert(offset);
  poison(p, used_.at(offset));
}

void DeviceMemory::renew(void* p) {
  const size_t bytes = used_.at(size_t(static_cast<char*>(p) - base_));
  unpoison(p, bytes);
  std::memset(p, 0xFF, bytes);
}

size_t DeviceMemory::bytes_left(const void* p) const {
  if (!contains(p)) return 0;
  const size_t offset = size_t(static_cast<const char*>(p) - base_);
  const auto after = used_.upper_bound(offset);
  if (after == used_.begin()) return 0;
  const auto& [begin, bytes] = *std::prev(after);
  if (resting_.contains(begin)) return 0;
  return begin + bytes > offset ? begin + bytes - offset : 0;
}

void* DeviceMemory::allocate_host(size_t bytes) {
  void* const p =
      std::aligned_alloc(kPage, (std::max<size_t>(bytes, 1) + kPage - 1) / kPage * kPage);
  if (p) host_[static_cast<const char*>(p)] = bytes;
  return p;
}

void DeviceMemory::release_host(void* p) {
  check(host_.erase(static_cast<const char*>(p)) == 1, "cudaFreeHost of ", p,
        ", which is no allocation of cudaHostAlloc");
  std::free(p);
}

bool DeviceMemory::is_host_allocation(const void* p) const {
  const auto after = host_.upper_bound(static_cast<const char*>(p));
  if (after == host_.begin()) return false;
  const auto& [begin, bytes] = *std::prev(after);
  return static_cast<const char*>(p) < begin + bytes;
}

void set_memory_protection(bool on) {
  const std::lock_guard lock(runtime_mutex());
  DeviceMemory::instance().set_protection(on);
}

void check_pointer_argument(const void* pointer, int index, const char* file, int line) {
  const std::lock_guard lock(runtime_mutex());
  const DeviceMemory& memory = DeviceMemory::instance();
  if (!pointer || memory.bytes_left(pointer) > 0 || memory.is_host_allocation(pointer)) return;
  // One past the end is no error: an empty range may end there.
  if (memory.contains(pointer) && memory.bytes_left(static_cast<const char*>(pointer) - 1) > 0)
    return;
  throw Error(text("argument ", index, " of the kernel launched at ", file, ':', line, " is ",
                   memory.contains(pointer) ? "freed device memory" : "a host pointer", " (",
                   pointer, ")"));
}

}  // namespace hitsieve::emu
