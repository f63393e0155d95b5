// A list of files and frames (.lst), with and without a geometry that names the frames.
#include <sstream>

#include "tests/data/runs.h"
#include "tests/fuzz/fuzz.h"

using namespace hitsieve;

namespace {

const std::string by_tags =
    "data = /%/data\nres = 1000\np/min_fs = 0\np/max_fs = 3\np/min_ss = 0\np/max_ss = 3\n"
    "p/fs = x\np/ss = y\np/corner_x = 0\np/corner_y = 0\n";

/// Files for lists to name.
struct Runs {
  TemporaryFolder folder;
  std::shared_ptr<const Geometry> geometry =
      std::make_shared<const Geometry>(parse_geometry(by_tags, "tags.geom"));
  Runs() {
    write_run(folder / "run.cxi", 3, {4, 4});
    Hdf5File tags = Hdf5File::create(folder / "tags.h5");
    for (const char* tag : {"/tag_1/data", "/tag_2/data"})
      tags.write(tag, sample_run<uint16_t>(1, {4, 4}).data(), {4, 4});
    tags.close();
    put_file(folder / "text.cxi", "no HDF5");
    std::filesystem::current_path(folder.path);
  }
};

void read(const std::string& content, const std::shared_ptr<const Geometry>& geometry,
          bool skip_bad) {
  fuzz::reads_or_explains("standard input", [&] {
    std::istringstream lines(content);
    FrameSetOptions options;
    options.source.geometry = geometry;
    options.skip_bad = skip_bad;
    options.standard_input = &lines;
    const FrameSet set({"-"}, options);
    for (int64_t i = 0; i < std::min<int64_t>(set.size(), 20); ++i) set.name(i);
  });
}

}  // namespace

std::vector<std::string> seeds() {
  return {"run.cxi //0\nrun.cxi //2\n",
          "run.cxi\nrun.cxi:/entry_1/data_1/data\n\n run.cxi \r\n",
          "tags.h5 tag_2//\ntags.h5 tag_1//\n",
          "tags.h5\ntags.h5:/tag_1/data\ntext.cxi\nabsent.cxi\n/dev/zero\n.\n",
          "run.cxi //99999999999999999999\n",
          "run.cxi //9223372036854775807\n",
          "other.lst\n",
          "run.cxi:/\nrun.cxi:/entry_1/labels\n",
          std::string("a\0b //1\n", 8),
          "\x89HDF\r\n\x1a\n\x01 \x02 \x03",
          std::string(5000, 'x')};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Runs runs;
  const std::string content(data, data + size);
  read(content, nullptr, false);
  read(content, nullptr, true);
  read(content, runs.geometry, false);
  return 0;
}
