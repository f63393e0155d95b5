// Where the time of a screening went: its steps, which overlap, each by itself.
#pragma once
#include <string>

namespace hitsieve {

/// Seconds, summed over the threads and processes that did it.
struct StepTimes {
  double read = 0;     ///< files opened and fetched from, with waits for the disk and for HDF5
  double decode = 0;   ///< stored bytes to pixels and mask
  double copy = 0;     ///< to a GPU, by way of memory that it fetches from; 0 on the CPU
  double compute = 0;  ///< raw frames to decisions; on a GPU by its own clock
  double write = 0;    ///< what became of the frames: journal, status, outputs
  int threads = 0;     ///< that read, in one process; 0: no frame was read

  StepTimes& operator+=(const StepTimes& other);
};

/// "time: 8.96 s; read 1.20 s, decode 5.01 s, compute 9.12 s, summed over 2 threads; write ...", of
/// all processes of the job.
std::string in_a_line(const StepTimes& times, double all_seconds);

/// A name and a value a line, for a status file.
std::string in_lines(const StepTimes& times);

}  // namespace hitsieve
