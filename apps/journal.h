// The journal of a screening, OUTPUT.journal beside the list of hits: what is done, written while
// it is done, so that a process that is killed loses nothing that it had. It goes when a whole
// screening is complete; that of a part stays beside the part, for `merge`.
//
// Lines of text. The first is JSON: of which run, part and files; every other is a frame, in the
// order in which they were finished, its fields separated by tabs: number in the whole input, file,
// frame in the file, hit | miss | bad, score, for a bad one the reason, and a checksum of these.
#pragma once
#include <chrono>
#include <string>

#include "apps/screening.h"

namespace hitsieve {

std::string journal_of(const std::string& output);
/// One that was cut off in its first line has nothing in it, and is none. Error: another file has
/// its place.
bool journal_exists(const std::string& path);

/// What the journal has; a last line that was cut off in the middle is left out. `whole_bytes`,
/// when given, is told how far the whole lines reach. Error: none there, no journal, damaged.
Screening read_journal(const std::string& path, int64_t* whole_bytes = nullptr);

class Journal {
 public:
  /// `fresh` is what is to be screened. With `resume` the frames that a journal at `path` has are
  /// taken over into it; Error, naming what, when that was of something else. Without, a journal
  /// that is there is replaced.
  Journal(std::string path, Screening& fresh, bool resume);
  /// Unless removed, says what it keeps; without a frame in it, it goes.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Notes a frame, also in the screening. It reaches the file within a tenth of a second of the
  /// next call. Error: a frame that is not open. OutputError: the disk is full.
  void add(int64_t frame, FrameState state, float score, const std::string& reason);
  void flush();
  bool resumed() const { return resumed_; }
  void remove();  ///< all that it is for has been written
  void keep();    ///< of a finished part

 private:
  void take_over();
  void start();
  void write(const std::string& content);
  using Clock = std::chrono::steady_clock;
  std::string path_, buffer_;
  Screening& screening_;
  int descriptor_ = -1;
  int64_t frames_ = 0;  // in the file
  bool resumed_ = false, done_ = false;
  Clock::time_point flushed_ = Clock::now();
};

/// OutputError when a journal is there that nobody said what to do with.
void check_no_journal(const std::string& path);

}  // namespace hitsieve
