// What a screening was of, and what became of each of its frames. The journal keeps it on disk, and
// everything that screen and merge write is made from it alone: so a run in one go, one that was
// interrupted and resumed, and one in parts all end with the same bytes.
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/decider.h"
#include "apps/inputs.h"

namespace hitsieve {

/// Part `number` (from 1) of `of`: contiguous frames, as many as in the other parts, give or take
/// one.
struct Part {
  int64_t number = 1, of = 1;
  int64_t first(int64_t frames) const { return frames * (number - 1) / of; }
  int64_t end(int64_t frames) const { return frames * number / of; }
  std::string text() const { return std::to_string(number) + "/" + std::to_string(of); }
  bool operator==(const Part&) const = default;
};
/// Of "3/8"; Error when it is not one.
Part parse_part(const std::string& text);

enum class FrameState : uint8_t { open, miss, hit, bad };  ///< open: not screened yet

struct FrameRecord {
  FrameState state = FrameState::open;
  float score = std::numeric_limits<float>::quiet_NaN();
  FrameAddress address;  ///< the file is one of Screening::files
};

struct ScreenCounts {
  int64_t processed = 0, hits = 0, bad = 0;  ///< bad frames are not among the processed
  double seconds = 0;                        ///< 0 where nothing was screened
  double hit_rate() const { return processed > 0 ? double(hits) / double(processed) : 0; }
  void add(const FrameRecord& record);
};

struct Screening {
  /// What decides on the results, by the names that messages use: model, input, options. The same
  /// in all parts, and when a screening is resumed.
  nlohmann::ordered_json run;
  /// This process's own: outputs, and when the files were last changed. The same when resumed.
  nlohmann::ordered_json own;
  Part part;
  std::vector<FrameFile> files;
  int64_t first = 0;  ///< number of the first frame of this part, in the whole input
  std::vector<FrameRecord> records;
  std::map<int64_t, std::string> reasons;  ///< of the bad, by number in the whole input

  int64_t end() const { return first + int64_t(records.size()); }
  const FrameRecord& at(int64_t frame) const { return records.at(size_t(frame - first)); }
  std::vector<int64_t> open() const;       ///< the frames not screened yet
  std::string name(int64_t frame) const;   ///< "run.cxi //17"
  std::string event(int64_t frame) const;  ///< "//17"
  bool is_kept_miss(int64_t frame) const;  ///< by --misses
  ScreenCounts counts() const;
};

/// Whether --misses K keeps frame number `frame` of the input if it is a miss. A hash of the number
/// decides, so that neither threads and parts nor a rhythm in the run matter.
bool keeps_miss(int64_t frame, int64_t one_in);

/// A screening of which nothing is done yet. `misses` as in --misses, 0: none is kept.
Screening new_screening(const FrameSet& frames, const InputOptions& input, const Decider& decider,
                        const DeciderOptions& deciding, int64_t misses, Part part);

/// The input options and the spot finder's that `run` was made with.
InputOptions input_of(const Screening& screening);
PeakFinderOptions peaks_of(const Screening& screening);

/// Whether both saw the frames' files as changed last at the same time.
bool same_files(const Screening& one, const Screening& other);
/// Error unless the files of its frames are as they were; `name` is its.
void check_unchanged(const Screening& screening, const std::string& name);
/// All files that it read: frames, what they link to, lists, model, mask, geometry.
std::vector<std::string> inputs_of(const Screening& screening);

/// Error, naming the first thing that differs, unless the two have the same `run`; `a` and `b` are
/// their names.
void check_same_run(const Screening& one, const std::string& a, const Screening& other,
                    const std::string& b);
/// The same of both `run` and `own`, and of the part.
void check_same_process(const Screening& one, const std::string& a, const Screening& other,
                        const std::string& b);

}  // namespace hitsieve
