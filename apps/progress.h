// How far a long loop is: on a terminal one line that is redrawn, with rate and time left;
// elsewhere a plain line every tenth of the work, or every ten seconds when that is slower.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace hitsieve {

class Progress {
 public:
  /// `what` is being done to `total` `unit`s, e.g. "screening", 2000, "frames".
  Progress(std::string what, int64_t total, std::string unit = "frames");
  ~Progress();  ///< removes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` so far; also polls for interrupts (throws Interrupted).
  void update(int64_t done);
  /// Logs what was done, in which time and at which rate.
  void finish();

  double seconds() const;  ///< since the start

 private:
  std::string line(int64_t done) const;
  using Clock = std::chrono::steady_clock;
  std::string what_, unit_;
  int64_t total_, next_tenth_ = 1;
  Clock::time_point start_, last_;
};

/// "45 s", "3 min 20 s", "2 h 05 min".
std::string duration(double seconds);
/// "1234567" as "1,234,567".
std::string with_commas(int64_t number);

}  // namespace hitsieve
