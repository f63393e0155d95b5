// The library as a user has it: the installed tree, and the examples built against it alone.
#include <cstring>
#include <iostream>

#include <doctest/doctest.h>

#include "data/mask.h"
#include "engine/hdf5_file.h"
#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/apps/installed.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;

namespace {

/// A CXI file's frames and mask as the examples take them, and what `screen` says of them.
struct RawRun {
  TemporaryFolder folder;
  std::string pixels = folder / "frames.raw", mask = folder / "mask.raw";
  std::string height, width;
  std::vector<std::string> scores;  // event, score and class of each frame, as an example prints

  explicit RawRun(const std::string& cxi) {
    const Hdf5File file = Hdf5File::open(cxi);
    const auto values = file.read<uint16_t>("/entry_1/data_1/data");
    const auto bad = read_mask(file, "/entry_1/data_1/mask", MaskPolarity::zero_good);
    put_file(pixels, {reinterpret_cast<const char*>(values.data()), 2 * values.size()});
    put_file(mask, {bad.bad.begin(), bad.bad.end()});
    height = std::to_string(bad.ss), width = std::to_string(bad.fs);
    const Result result = run({"screen", "-q", "-m", example().model, "-i", cxi, "-o",
                               folder / "hits.lst", "--table", folder / "t.tsv"});
    REQUIRE_MESSAGE(result.code == 0, result.error);
    const auto table = lines_of(file_content(folder / "t.tsv"));
    for (size_t i = 1; i < table.size(); ++i) {
      const auto fields = fields_of(table[i]);
      scores.push_back(fields[1].substr(2) + '\t' + fields[2] + '\t' + fields[3]);
    }
  }
};

/// Two lines of event, score and class are the same, the score as the float that it stands for.
bool same(const std::string& a, const std::string& b) {
  const auto left = fields_of(a), right = fields_of(b);
  if (left.size() != 3 || right.size() != 3) return false;
  const float x = std::stof(left[1]), y = std::stof(right[1]);
  return left[0] == right[0] && std::memcmp(&x, &y, sizeof x) == 0 && left[2] == right[2];
}

void check_says(const RawRun& raw, const std::string& program,
                const std::vector<std::string>& arguments) {
  CAPTURE(program);
  const Result result = run(arguments, {.program = program});
  REQUIRE_MESSAGE(result.code == 0, result.error);
  const auto lines = lines_of(result.out);
  REQUIRE(lines.size() == raw.scores.size());
  for (size_t i = 0; i < lines.size(); ++i)
    CHECK_MESSAGE(same(lines[i], raw.scores[i]), lines[i] << " against " << raw.scores[i]);
}

const std::string python = "/usr/bin/python3";

bool has_python() {
  const bool found =
      exists(python) && run({"-c", "import numpy, h5py"}, {.program = python}).code == 0;
  if (!found) std::cout << "skipped: " << python << " has no numpy or no h5py\n";
  return found;
}

void check_examples(const std::string& cxi) {
  CAPTURE(cxi);
  const RawRun raw(cxi);
  const std::string& model = example().model;
  check_says(raw, built_examples() + "/screen_c",
             {model, raw.pixels, raw.height, raw.width, raw.mask});
  check_says(raw, built_examples() + "/screen_cpp",
             {"8", model, raw.pixels, raw.height, raw.width, raw.mask});
  if (!has_python()) return;
  // The CUDA emulator in a library for tests keeps a thread's indices in static thread-local
  // memory, of which a program has little left for what it loads later.
  check_says(raw, "/usr/bin/env",
             {"GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384",
              "HITSIEVE_LIBRARY=" + installed_prefix() + "/lib/libhitsieve.so.1", python,
              installed_prefix() + "/share/doc/hitsieve/examples/screen.py", model, cxi, "--mask",
              "/entry_1/data_1/mask", "--threads", "8"});
}

/// What a tool of binutils says of the installed library.
std::vector<std::string> look(const std::string& tool, const std::vector<std::string>& options) {
  std::vector<std::string> arguments = options;
  arguments.insert(arguments.begin(), tool);
  arguments.push_back(installed_prefix() + "/lib/libhitsieve.so");
  const Result result = run(arguments, {.program = "/usr/bin/env"});
  REQUIRE_MESSAGE(result.code == 0, result.error);
  return lines_of(result.out);
}

}  // namespace

TEST_CASE("C, C++ with 8 threads and Python give the scores of screen to the last bit") {
  check_examples(example().frames);
}

TEST_CASE("the Python example takes arrays of any strides") {
  if (!has_python()) return;
  const std::string program = R"(
import sys, numpy
sys.path.insert(0, sys.argv[1])
from screen import Screener
s = Screener(sys.argv[2])
rows = numpy.random.default_rng(1).poisson(9, (3, s.crop, 2 * s.crop)).astype('u2')
wide, text = rows[:, :, :s.crop], numpy.zeros((1, s.crop, 2 * s.crop + 1), 'u1')
apart = numpy.ndarray((1, s.crop, s.crop), 'u2', text, strides=(0, 2 * s.crop + 1, 2))
apart[:] = rows[:1, :, :s.crop]
for view in (wide, wide[::-1], wide[:, ::-1], wide.transpose(0, 2, 1), wide[:, :, ::-1], apart,
             numpy.broadcast_to(wide[0], (5, s.crop, s.crop)),
             numpy.broadcast_to(wide[0, 0], (1, s.crop, s.crop)), wide[1:1]):
    assert (s.screen(view) == s.screen(view.copy())).all()
)";
  const Result result =
      run({"GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384",
           "HITSIEVE_LIBRARY=" + installed_prefix() + "/lib/libhitsieve.so.1", python, "-c",
           program, installed_prefix() + "/share/doc/hitsieve/examples", example().model},
          {.program = "/usr/bin/env"});
  CHECK_MESSAGE(result.code == 0, result.error);
}

TEST_CASE("... on frames not made here, whole ones among them") {
  const char* given = std::getenv("HITSIEVE_SHARED");
  const std::string shared = std::string(given ? given : HITSIEVE_SOURCE "/../shared") + "/frames/";
  if (!exists(shared)) {
    std::cout << "skipped: " << shared << " is not there\n";
    return;
  }
  check_examples(shared + "ln84_sample.cxi");
  check_examples(shared + "ln84_full1920.cxi");
}

TEST_CASE("a C program by pkg-config, as its comment says") {
  const TemporaryFolder folder;
  const std::string line = "PKG_CONFIG_PATH=" + installed_prefix() + "/lib/pkgconfig; export " +
                           "PKG_CONFIG_PATH; cc " HITSIEVE_SOURCE "/apps/examples/screen.c -o " +
                           folder / "screen" + " $(pkg-config --cflags --libs hitsieve) && " +
                           "LD_LIBRARY_PATH=" + installed_prefix() + "/lib " + folder / "screen" +
                           " no-model.h5 no-frames 9 9";
  const Result result = run({"-c", line}, {.program = "/bin/sh"});
  CHECK_CONTAINS(result.error, "screen_c: no-model.h5: no such file");
}

TEST_CASE("exported are the functions of hitsieve.h and nothing else") {
  const std::string header = file_content(installed_prefix() + "/include/hitsieve/hitsieve.h");
  int functions = 0;
  for (const std::string& line : look("nm", {"-D", "--defined-only"})) {
    if (line.find(" A HITSIEVE_1") != std::string::npos) continue;  // the version itself
    const std::string name = line.substr(line.rfind(' ') + 1);
    CAPTURE(line);
    CHECK(name.starts_with("hitsieve_"));
    CHECK(name.ends_with("@@HITSIEVE_1"));
    CHECK_CONTAINS(header, name.substr(0, name.find('@')) + "(");
    ++functions;
  }
  CHECK(functions == 13);
}

TEST_CASE("the library needs the C++ runtime and HDF5, and nothing else") {
  const std::vector<std::string> known = {"libhdf5",  "libstdc++.so", "libgcc_s.so",   "libm.so",
                                          "libc.so.", "ld-linux",     "libpthread.so", "libcudart"};
  int needed = 0;
  for (const std::string& line : look("readelf", {"-d"})) {
    if (line.find("PATH)") != std::string::npos) CHECK_CONTAINS(line, "[$ORIGIN/hitsieve]");
    if (line.find("(NEEDED)") == std::string::npos) continue;
    const std::string name = line.substr(line.find('[') + 1);
    bool found = false;
    for (const std::string& prefix : known) found = found || name.starts_with(prefix);
    CHECK_MESSAGE(found, line);
    ++needed;
  }
  CHECK(needed >= 3);
}
