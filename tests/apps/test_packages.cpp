// The packages of CPack, looked at as a machine that gets them would.
#include <filesystem>
#include <iostream>

#include <doctest/doctest.h>

#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

namespace {

std::string output(const std::vector<std::string>& arguments) {
  const Result result = run(arguments, {.program = "/usr/bin/env"});
  REQUIRE_MESSAGE(result.code == 0, (result.out + result.error));
  return result.out;
}

/// The one file with this ending that `cpack -G generator` makes in `folder`.
std::string packed(const std::string& generator, const std::string& ending,
                   const TemporaryFolder& folder) {
  output({HITSIEVE_CPACK, "-G", generator, "--config", HITSIEVE_BINARY "/CPackConfig.cmake", "-B",
          folder.path});
  std::string found;
  for (const auto& file : std::filesystem::directory_iterator(folder.path))
    if (file.path().string().ends_with(ending)) found = file.path();
  REQUIRE(!found.empty());
  return found;
}

}  // namespace

TEST_CASE("tar.gz: unpacked anywhere it needs nothing but the C and C++ runtime") {
  const TemporaryFolder folder, elsewhere;
  output({"tar", "xzf", packed("TGZ", ".tar.gz", folder), "-C", elsewhere.path,
          "--strip-components=1"});
  for (const std::string file : {"bin/hitsieve", "lib/libhitsieve.so"})
    for (const std::string& line : lines_of(output({"ldd", elsewhere / file}))) {
      const size_t arrow = line.find(" => ");
      if (arrow == std::string::npos) continue;  // the loader itself
      bool runtime = false;
      for (const char* name : {"libc.", "libm.", "libstdc++.", "libgcc_s.", "libdl.", "librt.",
                               "libpthread.", "libresolv.", "libcuda."})
        runtime = runtime || line.find(std::string("\t") + name) == 0;
      CHECK_MESSAGE((runtime || line.find(elsewhere.path) != std::string::npos), line);
    }
  const Result result = run(
      {"screen", "-q", "-m", example().model, "-i", example().frames, "-o", elsewhere / "hits.lst"},
      {.program = elsewhere / "bin/hitsieve"});
  CHECK_MESSAGE(result.code == 0, result.error);
  CHECK_CONTAINS(file_content(elsewhere / "share/doc/hitsieve/copyright"), "BSD 3-Clause");
}

TEST_CASE(".deb: what it depends on and what is in it") {
  if (!exists("/usr/bin/dpkg-shlibdeps")) {
    std::cout << "skipped: no dpkg-shlibdeps here\n";
    return;
  }
  const TemporaryFolder folder;
  const std::string package = packed("DEB", ".deb", folder);
  const std::string depends = output({"dpkg-deb", "-f", package, "Depends"});
  for (const char* wanted : {"libc6 (>= ", "libstdc++6 (>= ", "libhdf5"})
    CHECK_CONTAINS(depends, wanted);
  CHECK(depends.find("-dev") == std::string::npos);
  const std::string content = output({"dpkg-deb", "-c", package});
  for (const char* wanted :
       {"./usr/bin/hitsieve\n", "./usr/lib/libhitsieve.so.1\n", "./usr/include/hitsieve/hitsieve.h",
        "./usr/include/hitsieve/screener.hpp", "./usr/lib/cmake/hitsieve/hitsieveConfig.cmake",
        "./usr/lib/pkgconfig/hitsieve.pc", "./usr/share/doc/hitsieve/copyright",
        "./usr/share/man/man1/hitsieve-screen.1",
        "./usr/share/bash-completion/completions/hitsieve"})
    CHECK_CONTAINS(content, wanted);
  CHECK(content.find("libhdf5") == std::string::npos);
}
