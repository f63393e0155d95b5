// What the files of a command are to it, so that no output replaces an input, and no two outputs
// have one name: --overwrite is for what an earlier run left. How names are spelled does not
// matter.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace hitsieve {

/// What an output's name has behind it until the output is whole.
inline constexpr const char* unfinished = ".inprogress";

/// While it lives, the rules below hold; without one, nothing is noted. For programs: a library's
/// user may well read a file, and write it anew.
class ProtectedInputs {
 public:
  ProtectedInputs();
  ~ProtectedInputs();
  ProtectedInputs(const ProtectedInputs&) = delete;
  ProtectedInputs& operator=(const ProtectedInputs&) = delete;
};

/// From now on no output may replace this file. Error: an output that is claimed would.
void note_input(const std::string& path);

/// OutputError: two of the names, or of those that outputs have until they are whole, are the same
/// file's; empty ones are left out.
void check_distinct(const std::vector<std::string>& outputs);

/// OutputError: it is an input.
void check_no_input(const std::string& path);

/// While it lives, no input may be the file of this name. OutputError: one is.
class OutputClaim {
 public:
  explicit OutputClaim(const std::string& path);
  ~OutputClaim();
  OutputClaim(OutputClaim&& other) noexcept : name_(std::exchange(other.name_, {})) {}
  OutputClaim& operator=(OutputClaim&&) = delete;

 private:
  std::string name_;
};

}  // namespace hitsieve
