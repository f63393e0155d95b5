#include "engine/cuda_on_host/block.h"

#include <cstdio>
#include <map>
#include <utility>

#include "engine/check.h"
#include "engine/cuda_on_host/memory.h"
#include "engine/cuda_on_host/sanitizers.h"

__thread uint3 threadIdx, blockIdx, blockDim, gridDim;

namespace hitsieve::emu {
namespace {

__thread BlockRunner* current_runner __attribute__((tls_model("initial-exec"))) = nullptr;

std::string text_of(uint3 v) { return text('(', v.x, ',', v.y, ',', v.z, ')'); }

}  // namespace

BlockRunner* BlockRunner::current() { return current_runner; }

// Nothing grows while CUDA threads run: ThreadSanitizer would take a free for a race among them.
BlockRunner::BlockRunner() {
  give_thread_signal_stack();
  describe_current_stack(main_);
  fibers_.reserve(kMaxThreads), idle_.reserve(kMaxThreads), at_barrier_.reserve(kMaxThreads);
  for (Warp& warp : warps_) warp.pending.reserve(32);
}

void BlockRunner::run(const Grid& grid, uint3 index, uint64_t linear_index) {
  start_block(grid, index, linear_index);
  main_.tsan = tsan_current();
  current_runner = this;
  Fiber* const first = pick();
  switch_context(main_, first->stack.context());
  current_runner = nullptr;
  running_ = nullptr;
  if (!failure_ && exited_ == threads_) return;
  const std::string message = failure_ ? "" : stuck();
  const std::exception_ptr failure = std::exchange(failure_, nullptr);
  forget_fibers();
  if (failure) std::rethrow_exception(failure);
  throw Error(message);
}

void BlockRunner::start_block(const Grid& grid, uint3 index, uint64_t linear_index) {
  grid_ = &grid;
  threads_ = int(grid.threads.x * grid.threads.y * grid.threads.z);
  started_ = exited_ = 0;
  ready_count_ = 0;
  ++block_round_;
  blockIdx = index, blockDim = grid.threads, gridDim = grid.blocks;
  shared_.start_block(grid.dynamic_shared);
  // ThreadSanitizer knows a thread by its fiber, so there each CUDA thread has its own.
  while (kTsan && int(fibers_.size()) < threads_) add_fiber();
  if (grid.schedule.order != Order::random) return;
  random_ = (grid.schedule.seed * 0x9E3779B97F4A7C15u) ^ (linear_index * 0xD1B54A32D192ED03u);
  for (int i = 0; i < threads_; ++i) random_ids_[i] = uint16_t(i);
}

/// SplitMix64.
uint64_t BlockRunner::draw(uint64_t below) {
  uint64_t z = random_ += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (z ^ (z >> 31)) % below;
}

int BlockRunner::next_id() {
  const int i = started_++;
  if (grid_->schedule.order == Order::in_order) return i;
  if (grid_->schedule.order == Order::reverse) return threads_ - 1 - i;
  std::swap(random_ids_[i], random_ids_[size_t(i) + draw(uint64_t(threads_ - i))]);
  return random_ids_[i];
}

void BlockRunner::add_fiber() {
  fibers_.push_back(std::make_unique<Fiber>(*this, unsigned(fibers_.size())));
  idle_.push_back(fibers_.back().get());
}

BlockRunner::Fiber* BlockRunner::start_next_thread() {
  const int id = next_id();
  if (!kTsan && idle_.empty()) add_fiber();
  Fiber* const fiber = kTsan ? fibers_[size_t(id)].get() : idle_.back();
  if (!kTsan) idle_.pop_back();
  const unsigned n = unsigned(id), x = blockDim.x, y = blockDim.y;
  fiber->id = id;
  fiber->index = n < x ? uint3{n, 0, 0} : uint3{n % x, n / x % y, n / x / y};
  if (kTsan) {
    char name[96];
    std::snprintf(name, sizeof name, "block(%u,%u,%u) thread(%u,%u,%u)", blockIdx.x, blockIdx.y,
                  blockIdx.z, fiber->index.x, fiber->index.y, fiber->index.z);
    tsan_name(fiber->stack.context().tsan, name);
  }
  return fiber;
}

BlockRunner::Fiber* BlockRunner::pick() {
  if (failure_) return nullptr;
  const unsigned unstarted = unsigned(threads_ - started_);
  const bool random = grid_->schedule.order == Order::random;
  if (unstarted > 0 && (ready_count_ == 0 || std::exchange(start_first_, false) ||
                        (random && draw(ready_count_ + unstarted) < unstarted)))
    return start_next_thread();
  if (ready_count_ == 0) return nullptr;
  Fiber*& next = ready_[ready_head_ % kMaxThreads];
  if (random) std::swap(next, ready_[(ready_head_ + draw(ready_count_)) % kMaxThreads]);
  ++ready_head_, --ready_count_;
  return next;
}

void BlockRunner::make_ready(Fiber& fiber) {
  fiber.waits = false;
  ready_[(ready_head_ + ready_count_++) % kMaxThreads] = &fiber;
}

void BlockRunner::leave(Fiber& self) {
  Fiber* const next = pick();
  if (next != &self) switch_context(self.stack.context(), next ? next->stack.context() : main_);
  resume(self);
}

void BlockRunner::resume(Fiber& self) {
  running_ = &self;
  threadIdx = self.index;
}

void BlockRunner::wait(Fiber& self, const Site& site, uint32_t mask) {
  self.waits = true, self.site = site, self.wait_mask = mask;
  leave(self);
}

void BlockRunner::yield() {
  make_ready(*running_);
  start_first_ = true;  // else two spinning threads could keep a third from starting
  leave(*running_);
}

void BlockRunner::enter(void* fiber) {
  Fiber& self = *static_cast<Fiber*>(fiber);
  entered(self.stack.context());
  self.runner.resume(self);
  for (;;) {
    self.runner.run_thread(self);
    self.id = -1;
    ++self.runner.exited_;
    if (!kTsan) self.runner.idle_.push_back(&self);
    self.runner.leave(self);
  }
}

void BlockRunner::run_thread(Fiber& self) {
  // One address orders the block that used these fibers last before this one; the other collects
  // the ends of this block's threads, which must not come before its other threads' beginnings.
  tsan_acquire(&block_order_[block_round_ & 1]);
  try {
    grid_->thread();
    self.copies.finish_all();
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
  }
  tsan_release(&block_order_[(block_round_ + 1) & 1]);
}

void BlockRunner::before_launch() {
  for (uint64_t& order : block_order_) tsan_release(&order);
}
void BlockRunner::after_launch() {
  for (uint64_t& order : block_order_) tsan_acquire(&order);
}

bool BlockRunner::copies_at_once() {
  if (grid_->schedule.order == Order::random) return draw(2) == 0;
  return grid_->schedule.order == Order::reverse;
}

void BlockRunner::forget_fibers() {
  // They never end; what they did comes before what the caller does all the same.
  for (const auto& fiber : fibers_) {
    tsan_switch(fiber->stack.context().tsan);
    tsan_release(&block_order_[0]);
    tsan_switch(main_.tsan);
  }
  after_launch();
  fibers_.clear(), idle_.clear(), at_barrier_.clear();
  for (Warp& warp : warps_) warp.pending.clear();
}

bool BlockRunner::stack_overflowed_at(const void* address) const {
  return running_ && running_->stack.overflowed_at(address);
}

std::string BlockRunner::where(const Fiber& fiber) const {
  return text("block ", text_of(blockIdx), " thread ", text_of(fiber.index));
}

std::string BlockRunner::stuck() const {
  struct Group {
    int count = 0;
    const Fiber* first = nullptr;
  };
  std::map<std::string, Group> groups;
  bool at_barrier = true;
  for (const auto& fiber : fibers_) {
    if (fiber->id < 0 || !fiber->waits) continue;
    std::string site = text(fiber->site.what, " at ", fiber->site.file, ':', fiber->site.line);
    if (fiber->wait_mask) {
      site += text(" for mask 0x", std::hex, fiber->wait_mask);
      at_barrier = false;
    }
    Group& group = groups[site];
    ++group.count;
    if (!group.first || fiber->id < group.first->id) group.first = fiber.get();
  }
  std::string message = at_barrier ? "divergent barrier" : "divergent warp operation";
  message += " (deadlock on a GPU):";
  for (const auto& [site, group] : groups)
    message +=
        text(' ', group.count, " thread(s) wait at ", site, " (first: ", where(*group.first), ");");
  return message + text(' ', exited_, " thread(s) have exited; in ", describe(*grid_));
}

}  // namespace hitsieve::emu
