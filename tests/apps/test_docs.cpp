// Manual pages and completion follow the command line, which they are made from.
#include <regex>

#include <doctest/doctest.h>

#include "tests/apps/command_run.h"
#include "tests/temporary_folder.h"

namespace {

struct Docs {
  TemporaryFolder folder;
  Docs() { REQUIRE(run({"docs", "-o", folder.path}).code == 0); }
  std::string page(const std::string& name) const {
    return std::regex_replace(file_content(folder / (name + ".1")), std::regex(R"(\\-)"), "-");
  }
  std::string completion() const { return file_content(folder / "hitsieve"); }
};

std::vector<std::string> found(const std::string& text, const std::string& pattern) {
  std::vector<std::string> all;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
    all.push_back((*at)[1]);
  return all;
}

std::vector<std::string> commands() {
  const std::string help = run({"--help"}).out;
  const size_t begin = help.find("Subcommands:\n");
  REQUIRE(begin != std::string::npos);
  return found(help.substr(begin, help.find("\n\n", begin) - begin), "\n  ([a-z]+) ");
}

/// What bash offers for the last of these words.
std::string offered(const Docs& docs, const std::string& words, int position) {
  const std::string script = "source " + docs.folder / "hitsieve" + "; COMP_WORDS=(" + words +
                             "); COMP_CWORD=" + std::to_string(position) +
                             "; _hitsieve; echo \"${COMPREPLY[@]}\"";
  const Result result = run({"-c", script}, {.program = "/bin/bash"});
  CHECK_MESSAGE(result.error.empty(), result.error);
  return result.out;
}

}  // namespace

TEST_CASE(
    "every command and every option of its help is in its manual page and in the completion") {
  const Docs docs;
  const std::string completion = docs.completion(), program = docs.page("hitsieve");
  REQUIRE(commands().size() >= 9);
  for (const std::string& command : commands()) {
    CAPTURE(command);
    CHECK_CONTAINS(program, "\\fB" + command + "\\fR");
    const std::string page = docs.page("hitsieve-" + command);
    const auto options = found(run({command, "--help"}).out, "(?:\n  |,)(-[a-z-]+)(?=[ ,\n])");
    CHECK(options.size() >= 4);
    const auto offers = found(completion, "    " + command + "\\) options=\"([^\"]*)\"");
    REQUIRE(offers.size() == 1);
    for (const std::string& option : options) {
      CHECK_CONTAINS(page, "\\fB" + option + "\\fR");
      CHECK_CONTAINS(" " + offers[0] + " ", " " + option + " ");
    }
  }
  CHECK(docs.page("hitsieve-docs").empty());  // it is for the build
}

TEST_CASE("groff has nothing to say against the manual pages") {
  const Docs docs;
  if (!exists("/usr/bin/groff")) return;
  for (const std::string& command : commands()) {
    const Result result =
        run({"-man", "-ww", "-z", "-Tutf8", docs.folder / ("hitsieve-" + command + ".1")},
            {.program = "/usr/bin/groff"});
    CHECK_MESSAGE((result.code == 0 && result.error.empty()), result.error);
  }
  CHECK_CONTAINS(docs.page("hitsieve"), "130  interrupted");
  CHECK_CONTAINS(docs.page("hitsieve-screen"), ".SH EXAMPLE\n.nf\n  hitsieve screen -m model.h5");
}

TEST_CASE("bash completes commands, options and values") {
  const Docs docs;
  CHECK(offered(docs, "hitsieve scr", 1) == "screen\n");
  CHECK(offered(docs, "hitsieve screen --mas", 2) == "--mask --mask-polarity\n");
  CHECK(offered(docs, "hitsieve screen --method \"\"", 3) == "model peaks\n");
  CHECK(offered(docs, "hitsieve screen --method p", 3) == "peaks\n");
  CHECK(offered(docs, "hitsieve screen -i run", 3) == "\n");  // left to bash: files
}

TEST_CASE("--version tells what the program is built from") {
  const auto lines = lines_of(run({"--version"}).out);
  REQUIRE(lines.size() == 6);
  CHECK(std::regex_match(lines[0], std::regex("hitsieve \\d+\\.\\d+\\.\\d+")));
  CHECK(std::regex_match(lines[1], std::regex("build +[A-Z][A-Za-z]+, [A-Za-z]+ [\\d.]+")));
  CHECK_CONTAINS(lines[2], "CUDA   ");
  CHECK(std::regex_match(lines[3], std::regex("HDF5 +\\d+\\.\\d+\\.\\d+")));
  for (const char* filter : {"deflate", "shuffle", "LZ4", "bitshuffle", "zstd"})
    CHECK_CONTAINS(lines[4], filter);
  CHECK(std::regex_match(lines[5], std::regex("model format +\\d+")));
}
