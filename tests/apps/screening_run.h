// A screening with all its outputs in a folder, and what was in them.
#pragma once
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

/// The arguments that write NAME.lst, NAME.tsv and NAME.json into the folder.
inline std::vector<std::string> output_arguments(const TemporaryFolder& folder,
                                                 const std::string& name) {
  return {"-o",     folder / (name + ".lst"), "--table", folder / (name + ".tsv"),
          "--json", folder / (name + ".json")};
}

inline std::vector<std::string> joined(std::vector<std::string> first,
                                       const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

inline std::vector<std::string> screen_arguments(const TemporaryFolder& folder,
                                                 const std::string& name, const std::string& input,
                                                 const std::vector<std::string>& more = {}) {
  return joined(
      joined({"screen", "-m", example().model, "-i", input}, output_arguments(folder, name)), more);
}

/// The content of each output by its ending, the output's own name in the JSON made the same.
inline std::map<std::string, std::string> outputs_of(const TemporaryFolder& folder,
                                                     const std::string& name) {
  std::map<std::string, std::string> found;
  for (const std::string ending : {".lst", ".misses.lst", ".tsv", ".json"}) {
    std::string content = file_content(folder / (name + ending));
    for (size_t at = 0; (at = content.find("/" + name + ".", at)) != std::string::npos;)
      content.replace(at, name.size() + 1, "/NAME");
    found[ending] = content;
  }
  return found;
}

inline void check_same_outputs(const TemporaryFolder& folder, const std::string& a,
                               const std::string& b) {
  const auto one = outputs_of(folder, a), other = outputs_of(folder, b);
  for (const auto& [ending, content] : one)
    CHECK_MESSAGE(content == other.at(ending), b, ending, " is not as ", a, ending);
  CHECK(!one.at(".lst").empty());
}

/// The example's frames `times` times over.
inline std::string long_list(const TemporaryFolder& folder, size_t times) {
  return write_list(folder / "long.txt", std::vector<std::string>(times, example().frames));
}
