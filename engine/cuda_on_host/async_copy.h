// cp.async: copies to shared memory that a CUDA thread has started and may have to wait for. They
// are done as late as a GPU may do them, or at once: what a kernel reads too early, or overwrites
// too early, depends on the schedule.
#pragma once
#include <cstddef>
#include <vector>

namespace hitsieve::emu {

class AsyncCopies {
 public:
  void start(void* to, const void* from, size_t bytes, size_t read_bytes, bool at_once);
  void commit();
  /// Finishes all but the last `groups` committed groups.
  void wait_groups(size_t groups);
  void finish_all();

 private:
  struct Copy {
    void* to;
    const void* from;
    size_t bytes, read_bytes;
  };
  static void perform(const Copy& copy);
  void perform_first(size_t copies);

  std::vector<Copy> copies_;
  std::vector<size_t> groups_;  // copies in each committed group, oldest first
};

}  // namespace hitsieve::emu
