// Shared memory of one block: the dynamic part first, then an array for each SHARED declaration
// that the block has reached. All of it starts as NaN (0xFF); AddressSanitizer sees the gaps.
#pragma once
#include <cstddef>
#include <vector>

namespace hitsieve::emu {

class SharedMemory {
 public:
  SharedMemory();
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  /// Forgets the last block's arrays.
  void start_block(size_t dynamic_bytes);
  void* dynamic() { return begin_; }
  /// The same address for the same key, until the next block. Throws if a GPU has no room for it.
  void* array(const void* key, size_t bytes, size_t align, const char* name);

 private:
  char* claim(size_t bytes, size_t align);

  struct Array {
    const void* key;
    void* address;
  };
  char *begin_, *free_;
  size_t dynamic_bytes_ = 0, static_bytes_ = 0;
  std::vector<Array> arrays_;
};

}  // namespace hitsieve::emu
