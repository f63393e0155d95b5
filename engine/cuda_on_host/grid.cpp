#include "engine/cuda_on_host/grid.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "engine/check.h"
#include "engine/cuda_on_host/block.h"
#include "engine/cuda_on_host/sanitizers.h"
#include "engine/parallel.h"
#include "engine/philox.h"

namespace hitsieve::emu {
namespace {

Schedule schedule_from_environment() {
  const char* const value = std::getenv("HITSIEVE_EMU_SCHEDULE");
  const std::string name = value ? value : "in_order";
  if (name == "in_order") return {};
  if (name == "reverse") return {Order::reverse};
  check(name.rfind("random:", 0) == 0, "HITSIEVE_EMU_SCHEDULE=", name,
        " is none of in_order, reverse, random:SEED");
  return {Order::random, std::strtoull(name.c_str() + 7, nullptr, 10)};
}

Schedule& current_schedule() {
  static Schedule schedule = schedule_from_environment();
  return schedule;
}

/// Two runners under ThreadSanitizer: a block is compared with its neighbours, not with itself. On
/// the heap: the thread-local memory of a library that is loaded later is scarce.
BlockRunner& runner(uint64_t block) {
  thread_local const auto runners = std::make_unique<BlockRunner[]>(kTsan ? 2 : 1);
  return runners[kTsan ? block & 1 : 0];
}

/// Tells ThreadSanitizer that a launch comes after what its OS thread did, and before what it does.
struct LaunchBoundary {
  LaunchBoundary() { runner(0).before_launch(), runner(1).before_launch(); }
  ~LaunchBoundary() { runner(0).after_launch(), runner(1).after_launch(); }
};

std::string text_of(dim3 v) { return text('(', v.x, ',', v.y, ',', v.z, ')'); }

std::vector<uint32_t> random_order(uint64_t blocks, uint64_t seed) {
  std::vector<uint32_t> order(blocks);
  for (uint64_t i = 0; i < blocks; ++i) order[i] = uint32_t(i);
  Random random(seed);
  for (uint64_t i = blocks; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

}  // namespace

void set_schedule(Schedule schedule) { current_schedule() = schedule; }
Schedule schedule() { return current_schedule(); }

std::string describe(const Grid& grid) {
  return text("the kernel launched at ", grid.file, ':', grid.line, " <<<", text_of(grid.blocks),
              ", ", text_of(grid.threads), ", ", grid.dynamic_shared, ">>>");
}

void check_sizes(const Grid& grid) {
  const auto require = [&](bool ok, const auto&... why) {
    if (!ok) throw Error(text(why..., ": ", describe(grid)));
  };
  const dim3 b = grid.blocks, t = grid.threads;
  require(b.x > 0 && b.y > 0 && b.z > 0, "empty grid");
  require(t.x > 0 && t.y > 0 && t.z > 0, "empty block");
  require(b.x <= kMaxGridX && b.y <= kMaxGridYZ && b.z <= kMaxGridYZ, "grid of more than (",
          kMaxGridX, ',', kMaxGridYZ, ',', kMaxGridYZ, ") blocks");
  require(t.x <= kMaxThreads && t.y <= kMaxThreads && t.z <= kMaxBlockZ &&
              uint64_t(t.x) * t.y * t.z <= kMaxThreads,
          "block of more than ", kMaxThreads, " threads (", kMaxBlockZ, " in z)");
  require(grid.dynamic_shared <= kMaxShared, "dynamic shared memory of more than the ", kMaxShared,
          " bytes of a block");
}

void run_grid(const Grid& grid) {
  const uint64_t nx = grid.blocks.x, ny = grid.blocks.y, blocks = nx * ny * grid.blocks.z;
  const Order order = grid.schedule.order;
  const auto permutation =
      order == Order::random ? random_order(blocks, grid.schedule.seed) : std::vector<uint32_t>{};
  const auto run = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t n = order == Order::in_order  ? uint64_t(i)
                         : order == Order::reverse ? blocks - 1 - uint64_t(i)
                                                   : permutation[size_t(i)];
      const uint3 index{unsigned(n % nx), unsigned(n / nx % ny), unsigned(n / nx / ny)};
      runner(n).run(grid, index, n);
    }
  };
  if (kTsan) {
    const LaunchBoundary boundary;
    run(0, int64_t(blocks));
    return;
  }
  const int64_t threads = int64_t(grid.threads.x) * grid.threads.y * grid.threads.z;
  const int64_t worth_a_thread = 2048 / threads + 1;
  parallel_for(int64_t(blocks), std::max(worth_a_thread, int64_t(blocks) / 64), run);
}

}  // namespace hitsieve::emu
