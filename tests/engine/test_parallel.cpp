#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "engine/check.h"
#include "engine/parallel.h"

using namespace hitsieve;

TEST_CASE("parallel_for: every index once, in chunks that do not depend on the threads") {
  for (int threads : {1, 2, 5}) {
    set_threads(threads);
    for (int64_t count : {0, 1, 7, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
      parallel_for(count, 3, [&](int64_t begin, int64_t end) {
        CHECK_MESSAGE(begin % 3 == 0, "a chunk starts at " << begin);
        CHECK_MESSAGE(end == std::min(begin + 3, count), "a chunk ends at " << end);
        for (int64_t i = begin; i < end; ++i) ++seen[size_t(i)];
      });
      for (auto& times : seen) CHECK(times == 1);
    }
  }
  set_threads(0);
}

TEST_CASE("parallel_for: serial use, one thread") {
  set_threads(1);
  std::vector<int> seen(10);
  parallel_for(10, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++seen[size_t(i)];
  });
  CHECK(seen == std::vector<int>(10, 1));
  set_threads(0);
}

TEST_CASE("parallel_for: an exception ends the work and is thrown to the caller") {
  set_threads(2);
  auto work = [](int64_t begin, int64_t) { check(begin != 20, "chunk ", begin, " failed"); };
  CHECK_THROWS_WITH_AS(parallel_for(100, 10, work), "chunk 20 failed", Error);
  std::atomic<int> chunks{0};
  parallel_for(100, 10, [&](int64_t, int64_t) { ++chunks; });  // the pool still works
  CHECK(chunks == 10);
  CHECK_THROWS_AS(parallel_for(1, 0, work), Error);
  CHECK_THROWS_AS(set_threads(-1), Error);
  set_threads(0);
}

TEST_CASE("parallel_for: nested, and from several threads at once") {
  set_threads(2);
  std::atomic<int> total{0};
  auto inner = [&](int64_t begin, int64_t end) { total += int(end - begin); };
  auto outer = [&](int64_t, int64_t) { parallel_for(10, 1, inner); };
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back([&] { parallel_for(8, 1, outer); });
  for (auto& caller : callers) caller.join();
  CHECK(total == 4 * 8 * 10);
  set_threads(0);
}

TEST_CASE("parallel_for: a thread that wants to be alone is") {
  set_threads(3);
  const auto strangers = [] {
    std::atomic<int> found{0};
    const auto self = std::this_thread::get_id();
    parallel_for(30, 1, [&](int64_t, int64_t) {
      found += std::this_thread::get_id() != self;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // time for others to join in
    });
    return found.load();
  };
  {
    const ThisThreadAlone alone;
    CHECK(strangers() == 0);
  }
  CHECK(strangers() > 0);
  set_threads(0);
}
