// The text forms of labels: expert_annotation.txt, CrystFEL's list of hits, and DIALS' counts.
#include "data/dials_counts.h"
#include "data/labels.h"
#include "tests/data/runs.h"
#include "tests/fuzz/fuzz.h"

using namespace hitsieve;

namespace {

constexpr int64_t frames = 4;

/// A run, and a list of hits in it as the fuzzer wants it.
struct Run {
  TemporaryFolder folder;
  std::string list = folder / "hits.lst";
  FrameSet set;
  Run() : set(written()) {}
  FrameSet written() {
    write_run(folder / "run.cxi", frames, {4, 4});
    std::filesystem::current_path(folder.path);
    return FrameSet({"run.cxi"});
  }
};

}  // namespace

std::vector<std::string> seeds() {
  return {
      "r0095_2000.h5 [2] MAYBE\n\nr0095_2000.h5 [1] MISS\r\nr0095_2000.h5 [3] HIT\n"
      "r0095_2000.h5 [4] MISS",
      "run.cxi //0\nrun.cxi //3\n",
      "00001   229 Hit\n00003 0 Miss\n00002 17 Hit\n",
      "r [99999999999999999999] HIT\n",
      "run.cxi //-1\n",
      "\x89HDF\r\n\x1a\n\x01 \x02 \x03",
      std::string(5000, 'x')};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Run run;
  const std::string content(data, data + size);
  fuzz::reads_or_explains("labels.txt", [&] { parse_label_text(content, "labels.txt", frames); });
  fuzz::reads_or_explains("dials.txt", [&] { parse_dials_text(content, "dials.txt", frames); });
  put_file(run.list, content);
  fuzz::reads_or_explains("hits.lst", [&] { read_labels(run.list, run.set); });
  return 0;
}
