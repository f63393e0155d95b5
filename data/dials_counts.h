// Spot counts that DIALS, a conventional spot finder, gave for a run: the dials_annotation.txt of
// CXIDB entry 76, to compare with.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace hitsieve {

/// One of each a frame, in the run's order.
struct DialsCounts {
  std::vector<int64_t> spots;
  std::vector<uint8_t> hit;  ///< DIALS' decision, by a threshold of its own for each run
};

/// Lines `FRAME SPOTS Hit|Miss`, FRAME 1-based ("00002   229 Hit"), in any order. Frames without a
/// line have no spot and are no hits. `name` is for messages.
/// Error, naming the line: another form, an unknown word, a frame given twice or beyond `frames`.
DialsCounts parse_dials_text(const std::string& content, const std::string& name, int64_t frames);

/// The same from a file.
DialsCounts read_dials_counts(const std::string& path, int64_t frames);

}  // namespace hitsieve
