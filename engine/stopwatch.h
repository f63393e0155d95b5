// How long a thread takes for one thing after the other. Reading the clock takes some 20 ns.
#pragma once
#include <chrono>
#include <utility>

namespace hitsieve {

class Stopwatch {
 public:
  /// Seconds since the last lap, or since it was made.
  double lap() {
    const auto now = Clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

}  // namespace hitsieve
