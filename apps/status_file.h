// A file that says how far a screening is, for people and programs that watch it, after the
// status.txt of Cheetah: a name and a value a line. Replaced as a whole every second.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "apps/screening.h"
#include "apps/step_times.h"
#include "engine/file_roles.h"

namespace hitsieve {

class StatusFile {
 public:
  /// An empty path: none. OutputError: it exists, is no status file and not to be overwritten, or
  /// cannot be written. That it cannot be written later on, or that something else writes it too,
  /// is a warning.
  StatusFile(std::string path, bool overwrite);
  ~StatusFile();  ///< without finish(): "Status: stopped"
  StatusFile(const StatusFile&) = delete;
  StatusFile& operator=(const StatusFile&) = delete;

  /// Written from now on; it is about this one, of which so much is done.
  void start(const Screening& screening);
  void add(const FrameRecord& record);
  void stage(const std::string& name);  ///< "screening", "writing", ... at once
  void finish(const StepTimes& times);

 private:
  void write();
  using Clock = std::chrono::steady_clock;
  std::string path_, stage_ = "starting", part_, times_;
  std::optional<OutputClaim> claim_;
  ScreenCounts counts_;
  int64_t all_ = 0, before_ = 0;  // frames of the part; done before this process
  uint64_t written_file_ = 0;     // its number on the disk
  bool shared_ = false, begun_ = false, failing_ = false, finished_ = false;
  Clock::time_point start_ = Clock::now(), written_ = start_;
};

}  // namespace hitsieve
