#include "tests/apps/installed.h"

#include <filesystem>

#include <doctest/doctest.h>

#include "tests/apps/command_run.h"
#include "tests/temporary_folder.h"

namespace {

const TemporaryFolder& folder() {
  static const TemporaryFolder made;
  return made;
}

void cmake(const std::vector<std::string>& arguments) {
  const Result result = run(arguments, {.program = HITSIEVE_CMAKE});
  REQUIRE_MESSAGE(result.code == 0, (result.out + result.error));
}

}  // namespace

const std::string& installed_prefix() {
  static const std::string prefix = [] {
    const std::string first = folder() / "installed", moved = folder() / "moved";
    cmake({"--install", HITSIEVE_BINARY, "--prefix", first});
    std::filesystem::rename(first, moved);
    return moved;
  }();
  return prefix;
}

const std::string& built_examples() {
  static const std::string built = [] {
    const std::string build = folder() / "examples";
    cmake({"-S", HITSIEVE_SOURCE "/apps/examples", "-B", build, "-DCMAKE_BUILD_TYPE=Debug",
           "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror -std=c99",
           "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror -std=c++11",
           "-DCMAKE_PREFIX_PATH=" + installed_prefix()});
    cmake({"--build", build});
    return build;
  }();
  return built;
}
