#include "data/dials_counts.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

#include "engine/check.h"
#include "engine/file_roles.h"
#include "engine/shown.h"

namespace hitsieve {
namespace {

/// A number without a sign; -1 when it is no such thing, or too large.
int64_t number_of(const std::string& word) {
  int64_t number = 0;
  const char* last = word.data() + word.size();
  const auto [end, error] = std::from_chars(word.data(), last, number);
  return error == std::errc() && end == last && word.front() != '-' ? number : -1;
}

}  // namespace

DialsCounts parse_dials_text(const std::string& content, const std::string& name, int64_t frames) {
  DialsCounts counts{std::vector<int64_t>(static_cast<size_t>(frames), 0),
                     std::vector<uint8_t>(static_cast<size_t>(frames), 0)};
  std::vector<int64_t> seen(static_cast<size_t>(frames), 0);  // the line of each frame
  std::istringstream lines(content);
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string first, second, word, rest;
    if (!(words >> first)) continue;
    const std::string where = text(name, ", line ", number, ": ");
    const bool complete = bool(words >> second >> word) && !(words >> rest);
    const int64_t frame = complete ? number_of(first) : -1;
    const int64_t spots = complete ? number_of(second) : -1;
    check(frame > 0 && spots >= 0, where, "'", shown(line),
          "' is not of the form FRAME SPOTS Hit|Miss");
    check(word == "Hit" || word == "Miss", where, "unknown decision '", shown(word),
          "', want Hit or Miss");
    check(frame <= frames, where, "frame ", frame, " (1-based), but there are ", frames, " frames");
    int64_t& before = seen[size_t(frame - 1)];
    check(before == 0, where, "frame ", frame, " has spots already, on line ", before);
    before = number;
    counts.spots[size_t(frame - 1)] = spots;
    counts.hit[size_t(frame - 1)] = word == "Hit";
  }
  return counts;
}

DialsCounts read_dials_counts(const std::string& path, int64_t frames) {
  std::ifstream in(path, std::ios::binary);
  check(bool(in), path, ": no such file of spot counts, or it cannot be read");
  note_input(path);
  return parse_dials_text({std::istreambuf_iterator<char>(in), {}}, path, frames);
}

}  // namespace hitsieve
