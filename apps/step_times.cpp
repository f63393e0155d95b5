#include "apps/step_times.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "apps/processes.h"
#include "apps/progress.h"

namespace hitsieve {
namespace {

std::string seconds_of(double step) {
  return step < 10 ? fmt::format("{:.2f} s", step) : duration(step);
}

}  // namespace

StepTimes& StepTimes::operator+=(const StepTimes& other) {
  read += other.read, decode += other.decode, copy += other.copy;
  compute += other.compute, write += other.write;
  threads = std::max(threads, other.threads);
  return *this;
}

std::string in_a_line(const StepTimes& times, double all_seconds) {
  std::string line = "time: " + seconds_of(all_seconds);
  if (times.threads > 0) {
    const bool on_gpu = times.copy > 0;
    line += fmt::format("; read {}, decode {}", seconds_of(times.read), seconds_of(times.decode));
    if (!on_gpu) line += ", compute " + seconds_of(times.compute);
    if (process_count() > 1)
      line += fmt::format(", summed over the threads of {} processes", process_count());
    else
      line += times.threads == 1 ? " on one thread"
                                 : fmt::format(", summed over {} threads", times.threads);
    if (on_gpu)
      line += fmt::format("; copy to the GPU {}, compute there {}", seconds_of(times.copy),
                          seconds_of(times.compute));
  }
  return line + "; write " + seconds_of(times.write);
}

std::string in_lines(const StepTimes& times) {
  std::string lines =
      fmt::format("Seconds reading: {:.6f}\nSeconds decoding: {:.6f}\n", times.read, times.decode);
  if (times.copy > 0) lines += fmt::format("Seconds copying to GPU: {:.6f}\n", times.copy);
  return lines + fmt::format("Seconds computing: {:.6f}\nSeconds writing: {:.6f}\n", times.compute,
                             times.write);
}

}  // namespace hitsieve
