// The places where the threads of a block or a warp wait for each other.
#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "engine/cuda_on_host/block.h"
#include "engine/cuda_on_host/sanitizers.h"

namespace hitsieve::emu {
namespace {

bool same(const Site& a, const Site& b) {
  return a.line == b.line && std::strcmp(a.what, b.what) == 0 &&
         (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

std::string text_of(const Site& site) { return text(site.what, " at ", site.file, ':', site.line); }
std::string text_of(uint32_t mask) { return text("0x", std::hex, mask); }

BlockRunner& runner(const char* what) {
  BlockRunner* const runner = BlockRunner::current();
  check(runner, what, " is used outside of a kernel");
  return *runner;
}

}  // namespace

int BlockRunner::barrier(const Site& site, Vote vote, bool predicate) {
  Fiber& self = *running_;
  if (at_barrier_.empty()) barrier_site_ = site, votes_ = 0;
  if (!same(site, barrier_site_)) [[unlikely]]
    throw Error(text("divergent barrier: ", where(), " is at ", text_of(site), " while ",
                     at_barrier_.size(), " thread(s) of its block wait at ", text_of(barrier_site_),
                     "; in ", describe(*grid_)));
  votes_ += predicate;
  at_barrier_.push_back(&self);
  // Two addresses in turn: a thread that runs ahead to the next barrier must not seem to have been
  // waited for by one that has yet to leave this one.
  uint64_t* const order = &barrier_order_[barrier_round_ & 1];
  tsan_release(order);
  if (int(at_barrier_.size()) < threads_) {
    wait(self, site, 0);
  } else {
    result_ = vote == Vote::all ? votes_ == threads_ : vote == Vote::any ? votes_ > 0 : votes_;
    ++barrier_round_;
    for (Fiber* fiber : at_barrier_) make_ready(*fiber);
    at_barrier_.clear();
    leave(self);
  }
  tsan_acquire(order);
  return result_;
}

void BlockRunner::check_mask(const Site& site, uint32_t mask) const {
  const auto fail = [&](const auto&... why) {
    throw Error(text(where(), " is at ", text_of(site), " with mask ", text_of(mask), why...,
                     "; in ", describe(*grid_)));
  };
  if (!(mask >> lane() & 1)) fail(", which leaves out its own lane ", lane());
  const int lanes = std::min(32, threads_ - (running_->id & ~31));
  if (lanes < 32 && mask >> lanes != 0)
    fail(", but its warp has only ", lanes, " lanes; use blocks of a multiple of 32 threads");
}

size_t BlockRunner::join(Warp& warp, const Site& site, uint32_t mask) {
  for (size_t i = 0; i < warp.pending.size(); ++i) {
    const Pending& p = warp.pending[i];
    if ((p.mask & mask) == 0) continue;
    if (p.mask != mask || !same(p.site, site)) [[unlikely]]
      throw Error(text("divergent warp operation: ", where(), " is at ", text_of(site),
                       " for mask ", text_of(mask), " while lanes ", text_of(p.arrived),
                       " of its warp wait at ", text_of(p.site), " for mask ", text_of(p.mask),
                       "; in ", describe(*grid_)));
    return i;
  }
  warp.pending.push_back({mask, 0, site, &warp.order[warp.round++ % 8]});
  return warp.pending.size() - 1;
}

void BlockRunner::collective(const Site& site, uint32_t mask, void* payload, Combine combine,
                             bool orders_memory) {
  check_mask(site, mask);
  Fiber& self = *running_;
  Warp& warp = warps_[self.id / 32];
  const size_t i = join(warp, site, mask);
  uint64_t* const order = warp.pending[i].order;
  if (orders_memory) tsan_release(order);
  warp.waiting[size_t(lane())] = &self;
  warp.payload[size_t(lane())] = payload;
  warp.pending[i].arrived |= 1u << lane();
  if (warp.pending[i].arrived != mask) {
    wait(self, site, mask);
  } else {
    void* payloads[32];
    for (int l = 0; l < 32; ++l) payloads[l] = mask >> l & 1 ? warp.payload[size_t(l)] : nullptr;
    if (combine) combine(mask, payloads);
    warp.pending[i] = warp.pending.back();
    warp.pending.pop_back();
    const bool reverse = grid_->schedule.order == Order::reverse;
    for (int l = 0; l < 32; ++l)
      if (const int n = reverse ? 31 - l : l; mask >> n & 1) make_ready(*warp.waiting[size_t(n)]);
    leave(self);
  }
  if (orders_memory) tsan_acquire(order);
}

int barrier(const Site& site, Vote vote, bool predicate) {
  return runner(site.what).barrier(site, vote, predicate);
}
void warp_collective(const Site& site, uint32_t mask, void* payload, Combine combine,
                     bool orders_memory) {
  runner(site.what).collective(site, mask, payload, combine, orders_memory);
}
void yield() { runner("__nanosleep").yield(); }
int lane() { return runner("the lane").lane(); }
void* shared_array(const void* key, size_t bytes, size_t align, const char* name) {
  return runner("SHARED").shared().array(key, bytes, align, name);
}
void* dynamic_shared() { return runner("DYN_SHARED").shared().dynamic(); }
void trap(const char* file, int line) {
  throw Error(text(runner("__trap").where(), " called __trap at ", file, ':', line));
}
void fence() {
  static uint64_t order;
  tsan_release(&order);
  tsan_acquire(&order);
}

}  // namespace hitsieve::emu
