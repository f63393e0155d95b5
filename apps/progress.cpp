#include "apps/progress.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "apps/interrupt.h"
#include "apps/terminal.h"

namespace hitsieve {

std::string duration(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = int64_t(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string with_commas(int64_t number) {
  std::string digits = std::to_string(number);
  const ptrdiff_t first = number < 0 ? 1 : 0;
  for (auto at = ptrdiff_t(digits.size()) - 3; at > first; at -= 3)
    digits.insert(size_t(at), 1, ',');
  return digits;
}

Progress::Progress(std::string what, int64_t total, std::string unit)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      start_(Clock::now()),
      last_(start_) {}

Progress::~Progress() { show_status(""); }

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

std::string Progress::line(int64_t done) const {
  const double elapsed = seconds();
  const double rate = elapsed > 0 ? double(done) / elapsed : 0;
  const double percent = total_ > 0 ? 100.0 * double(done) / double(total_) : 100;
  std::string out = fmt::format("{}: {} of {} {} ({:.0f}%)", what_, with_commas(done),
                                with_commas(total_), unit_, percent);
  if (rate > 0) {
    out += rate < 10 ? fmt::format(", {:.1f} {}/s", rate, unit_)
                     : fmt::format(", {} {}/s", with_commas(int64_t(rate + 0.5)), unit_);
    out += ", " + duration(double(total_ - done) / rate) + " left";
  }
  return out;
}

void Progress::update(int64_t done) {
  poll_interrupt();
  if (done >= total_) return;  // finish() says so
  const auto now = Clock::now();
  const double since = std::chrono::duration<double>(now - last_).count();
  if (error_is_terminal()) {
    if (since < 0.1) return;
    show_status(line(done));
  } else {
    // Short work passes in silence; long work says so every tenth, but at most every 2 seconds and
    // at least every 10.
    const bool tenth = 10 * done >= next_tenth_ * total_;
    if (since < 2 || (!tenth && since < 10)) return;
    spdlog::info(line(done));
    next_tenth_ = total_ > 0 ? 10 * done / total_ + 1 : 1;
  }
  last_ = now;
}

void Progress::finish() {
  show_status("");
  const double elapsed = seconds();
  spdlog::info("{}: {} {} in {} ({:.4g} {}/s)", what_, with_commas(total_), unit_,
               duration(elapsed), double(total_) / std::max(elapsed, 1e-9), unit_);
}

}  // namespace hitsieve
