// How `hitsieve bench` takes the time of what it measures.
#pragma once
#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

#include "apps/interrupt.h"
#include "engine/device.h"

namespace hitsieve {

using Clock = std::chrono::steady_clock;

inline double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

inline double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, size_t(q * double(values.size())))];
}

/// Seconds that this thread worked: what others do on its core meanwhile does not count.
inline double worked() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

enum class By { clock, own_work };

/// The median of what `time_one` says of calls that together take about `wanted` seconds, at least
/// three.
template <class TimeOne>
double median_time(double wanted, TimeOne&& time_one) {
  std::vector<double> took;
  for (const auto start = Clock::now(); took.size() < 3 || since(start) < wanted;) {
    poll_interrupt();
    took.push_back(time_one());
  }
  return quantile(took, 0.5);
}

/// Seconds of a call, after one that does not count.
template <class Body>
double seconds_of(double wanted, By by, Body&& body) {
  body();
  return median_time(wanted, [&] {
    const auto call = Clock::now();
    const double before = worked();
    body();
    return by == By::own_work ? worked() - before : since(call);
  });
}

/// Seconds that a GPU takes for a call, given to it as often as fills some milliseconds before it
/// is waited for, so that waiting takes no part.
template <class Body>
double gpu_seconds_of(double wanted, Body&& body) {
  const auto run = [&](int calls) {
    const auto start = Clock::now();
    for (int i = 0; i < calls; ++i) body();
    pick<DeviceOps>(Device::cuda).synchronize();
    return since(start) / calls;
  };
  run(1);  // what is loaded or allocated at a first call
  const int calls = int(std::clamp(5e-3 / run(1), 1.0, 1000.0));
  return median_time(wanted, [&] { return run(calls); });
}

}  // namespace hitsieve
