#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "engine/check.h"
#include "engine/work_stream.h"

namespace hitsieve {
namespace {

constexpr size_t alignment = 64;  // a cache line, and the widest vector

/// Before the memory that is handed out: how much there is, itself included.
struct alignas(alignment) Header {
  size_t bytes;
};

/// Large blocks that were released, kept for the next ones of their size: a training step asks for
/// the same activations again and again, and fresh memory costs a page fault for every 4 KiB of
/// them. In use and kept together never exceed the most that was in use at once.
class KeptBlocks {
 public:
  static constexpr size_t smallest = 1 << 20;

  Header* take(size_t bytes) {
    const std::lock_guard lock(mutex_);
    in_use_ += bytes;
    if (const auto found = blocks_.find(bytes); found != blocks_.end()) {
      Header* block = found->second;
      blocks_.erase(found), kept_ -= bytes;
      return block;
    }
    most_ = std::max(most_, in_use_);
    while (in_use_ + kept_ > most_) {
      const auto largest = std::prev(blocks_.end());
      kept_ -= largest->first;
      std::free(largest->second);
      blocks_.erase(largest);
    }
    return nullptr;
  }
  void keep(Header* block) {
    const std::lock_guard lock(mutex_);
    in_use_ -= block->bytes, kept_ += block->bytes;
    blocks_.emplace(block->bytes, block);
  }
  void lost(size_t bytes) {
    const std::lock_guard lock(mutex_);
    in_use_ -= bytes;
  }
  /// For whoever finds no memory.
  void give_back() {
    const std::lock_guard lock(mutex_);
    for (const auto& [bytes, block] : blocks_) std::free(block);
    blocks_.clear(), kept_ = 0;
  }

 private:
  std::mutex mutex_;
  std::multimap<size_t, Header*> blocks_;
  size_t in_use_ = 0, kept_ = 0, most_ = 0;
};

/// Never destroyed: tensors may outlive any static object.
KeptBlocks& kept_blocks() {
  static KeptBlocks& blocks = *new KeptBlocks;
  return blocks;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool keeps_blocks = false;  // they are to see each block come and go
#else
constexpr bool keeps_blocks = true;
#endif

bool is_kept(size_t bytes) { return keeps_blocks && bytes >= KeptBlocks::smallest; }

void* allocate(size_t wanted) {
  const size_t bytes = sizeof(Header) + (wanted / alignment + 1) * alignment;
  Header* block = is_kept(bytes) ? kept_blocks().take(bytes) : nullptr;
  if (!block) block = static_cast<Header*>(std::aligned_alloc(alignment, bytes));
  if (!block) {
    kept_blocks().give_back();
    block = static_cast<Header*>(std::aligned_alloc(alignment, bytes));
  }
  if (!block && is_kept(bytes)) kept_blocks().lost(bytes);
  check<OutOfMemory>(block != nullptr, "out of memory: ", wanted, " bytes asked for");
  block->bytes = bytes;
  return block + 1;
}

void release(void* memory) {
  if (!memory) return;
  Header* block = static_cast<Header*>(memory) - 1;
  if (is_kept(block->bytes))
    kept_blocks().keep(block);
  else
    std::free(block);
}

void copy(void* to, const void* from, size_t bytes) {
  if (bytes) std::memcpy(to, from, bytes);
}

template <class T>
void fill(T* y, T value, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = value;
}

template <class T>
void add(T* y, const T* x, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] += x[i];
}

void synchronize() {}

}  // namespace

template <>
const DeviceOps On<DeviceOps>::cpu{allocate,    release,      copy,       copy,        copy,
                                   fill<float>, fill<double>, add<float>, add<double>, synchronize};

namespace {

void* no_stream() { return nullptr; }
void destroy_none(void*) {}
void* exchange_none(void*) { return nullptr; }

using Clock = std::chrono::steady_clock;
void* create_mark() { return new Clock::time_point; }
void destroy_mark(void* mark) { delete static_cast<Clock::time_point*>(mark); }
void set_mark(void* mark) { *static_cast<Clock::time_point*>(mark) = Clock::now(); }
double seconds_between(void* mark, void* later) {
  return std::chrono::duration<double>(*static_cast<Clock::time_point*>(later) -
                                       *static_cast<Clock::time_point*>(mark))
      .count();
}

}  // namespace

template <>
const StreamOps On<StreamOps>::cpu{no_stream,    destroy_none, exchange_none,  allocate,
                                   release,      copy,         copy,           create_mark,
                                   destroy_mark, set_mark,     seconds_between};

#if !HITSIEVE_HAS_CUDA
bool available(Device device) { return device == Device::cpu; }
const char* description(Device device) {
  return device == Device::cpu ? "cpu" : "this build has no CUDA (see HITSIEVE_CUDA in README.md)";
}
#endif

}  // namespace hitsieve
