// Emulated device memory: one range of addresses that starts as NaN (0xFF), that the host may not
// touch while it is hidden, and whose allocations are known, so that copies can be checked.
#pragma once
#include <cstddef>
#include <map>
#include <mutex>
#include <set>

namespace hitsieve::emu {

/// Held by every call of the runtime interface.
std::recursive_mutex& runtime_mutex();

class DeviceMemory {
 public:
  static DeviceMemory& instance();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  void* allocate(size_t bytes);  // null: no room
  /// Throws unless `p` is an allocation.
  void release(void* p);
  /// Of a graph's memory, which keeps its addresses until it is released: from now on it counts as
  /// freed; or is as if just allocated.
  void rest(void* p);
  void renew(void* p);
  /// Page-locked host memory, which kernels may use.
  void* allocate_host(size_t bytes);
  void release_host(void* p);

  bool contains(const void* p) const { return p >= base_ && p < base_ + capacity_; }
  bool is_host_allocation(const void* p) const;
  /// Bytes from `p` to the end of its allocation; 0 if it is in none.
  size_t bytes_left(const void* p) const;
  size_t capacity() const { return capacity_; }
  size_t in_use() const { return in_use_; }

  void show();
  void hide();
  bool hidden() const { return hidden_; }
  void set_protection(bool on);

 private:
  DeviceMemory();
  void set_access(size_t begin, size_t end, int protection);

  char* base_ = nullptr;
  size_t capacity_ = 0, top_ = 0, in_use_ = 0;
  bool hidden_ = true, protect_ = true;
  std::map<size_t, size_t> used_{};  // offset -> bytes asked for
  std::map<size_t, size_t> free_{};  // offset -> bytes, below top_
  std::set<size_t> resting_{};       // offsets
  std::map<const char*, size_t> host_{};
};

/// Makes a host access to hidden memory, and a CUDA thread that overflows its stack, end the
/// program with a message, before the handler that is in place does its work.
void install_fault_messages();
void give_thread_signal_stack();  // to the calling OS thread, for the second

}  // namespace hitsieve::emu
