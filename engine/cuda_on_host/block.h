// Runs the CUDA threads of one block, on one OS thread. A fiber runs threads one after the other;
// one that has to wait keeps the fiber, and another fiber goes on with the next thread. A kernel
// without barriers is therefore a plain loop. Each OS thread has its own runner.
#pragma once
#include <array>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "engine/cuda_on_host/async_copy.h"
#include "engine/cuda_on_host/fiber.h"
#include "engine/cuda_on_host/grid.h"
#include "engine/cuda_on_host/shared_memory.h"

namespace hitsieve::emu {

class BlockRunner {
 public:
  BlockRunner();

  /// Runs block `index`; throws what a thread threw, or Error on a barrier that cannot open.
  void run(const Grid& grid, uint3 index, uint64_t linear_index);

  // Of the CUDA thread that is running:
  int barrier(const Site& site, Vote vote, bool predicate);
  void collective(const Site& site, uint32_t mask, void* payload, Combine combine,
                  bool orders_memory);
  void yield();
  int lane() const { return running_->id & 31; }
  SharedMemory& shared() { return shared_; }
  AsyncCopies& copies() { return running_->copies; }
  bool copies_at_once();
  std::string where() const { return where(*running_); }  // "block (0,0,0) thread (1,0,0)"
  bool stack_overflowed_at(const void* address) const;

  /// For ThreadSanitizer: what the calling OS thread did comes before all CUDA threads, and after.
  void before_launch(), after_launch();

  /// The runner whose CUDA thread is running on this OS thread, or null.
  static BlockRunner* current();

 private:
  struct Fiber {
    Fiber(BlockRunner& r, unsigned n) : runner(r), stack(enter, this, n) {}
    BlockRunner& runner;
    int id = -1;  // of its CUDA thread in the block; -1: none
    uint3 index{};
    bool waits = false;
    Site site{};             // where it waits,
    uint32_t wait_mask = 0;  // with which lanes of its warp; 0: with the whole block
    AsyncCopies copies{};
    Stack stack;
  };
  struct Pending {  // a warp operation that some lanes of the mask have reached
    uint32_t mask, arrived;
    Site site;
    uint64_t* order;
  };
  struct Warp {
    std::vector<Pending> pending{};
    std::array<Fiber*, 32> waiting{};
    std::array<void*, 32> payload{};
    uint64_t order[8] = {};  // addresses by which ThreadSanitizer knows what __syncwarp orders
    unsigned round = 0;
  };

  static void enter(void* fiber);
  void run_thread(Fiber& self);
  Fiber* pick();  // null: nothing can run
  Fiber* start_next_thread();
  void add_fiber();
  int next_id();
  uint64_t draw(uint64_t below);
  void leave(Fiber& self);  // returns when `self` is picked
  void wait(Fiber& self, const Site& site, uint32_t mask);
  void make_ready(Fiber& fiber);
  void resume(Fiber& self);
  void start_block(const Grid& grid, uint3 index, uint64_t linear_index);
  void forget_fibers();
  std::string stuck() const;
  std::string where(const Fiber& fiber) const;
  size_t join(Warp& warp, const Site& site, uint32_t mask);
  void check_mask(const Site& site, uint32_t mask) const;

  const Grid* grid_ = nullptr;
  int threads_ = 0, started_ = 0, exited_ = 0;
  bool start_first_ = false;
  uint64_t random_ = 0;
  uint16_t random_ids_[kMaxThreads] = {};
  std::vector<std::unique_ptr<Fiber>> fibers_{};
  std::vector<Fiber*> idle_{};
  Fiber* ready_[kMaxThreads] = {};  // a ring
  unsigned ready_head_ = 0, ready_count_ = 0;
  Fiber* running_ = nullptr;
  Context main_{};
  std::exception_ptr failure_{};

  std::vector<Fiber*> at_barrier_{};
  Site barrier_site_{};
  int votes_ = 0, result_ = 0;
  unsigned barrier_round_ = 0, block_round_ = 0;
  uint64_t barrier_order_[2] = {}, block_order_[2] = {};
  Warp warps_[kMaxThreads / 32] = {};
  SharedMemory shared_{};
};

}  // namespace hitsieve::emu
