// Labels that do not fit the frames: exit code 3, the line or the number that is wrong.
#include <doctest/doctest.h>

#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

namespace {

/// Trains on four frames with these labels, which must be refused for each of the `words`.
void check_refused(const std::string& labels, const std::vector<std::string>& words,
                   const std::string& name = "labels.txt") {
  static const TemporaryFolder folder;
  const std::string frames = folder / "run.cxi";
  if (!exists(frames)) write_frames(frames, {.frames = 4});
  put_file(folder / name, labels);
  const Result result = run({"train", "-i", frames, "--labels", folder / name, "--train", "2",
                             "--validate", "2", "-o", folder / "model.h5"});
  CHECK(result.code == 3);
  for (const std::string& word : words) CHECK_CONTAINS(result.error, word);
  CHECK(!exists(folder / "model.h5"));
}

}  // namespace

TEST_CASE("labels: fewer or more than frames") {
  check_refused("r.h5 [1] HIT\nr.h5 [2] MISS\nr.h5 [3] HIT\n", {"labels.txt", "3 labels", "4"});
  check_refused("r.h5 [1] HIT\nr.h5 [2] MISS\nr.h5 [3] HIT\nr.h5 [4] MISS\nr.h5 [5] HIT\n",
                {"labels.txt", "5", "4 frames"});
}

TEST_CASE("labels: unknown word, a frame twice") {
  check_refused("r.h5 [1] HIT\nr.h5 [2] PERHAPS\nr.h5 [3] HIT\nr.h5 [4] MISS\n",
                {"labels.txt", "PERHAPS", "2"});
  check_refused("r.h5 [1] HIT\nr.h5 [2] MISS\nr.h5 [2] HIT\nr.h5 [4] MISS\n",
                {"labels.txt", "frame 2"});
}

TEST_CASE("labels: one class only, in training or in validation") {
  check_refused("r.h5 [1] HIT\nr.h5 [2] MAYBE\nr.h5 [3] HIT\nr.h5 [4] MISS\n", {"training"});
  check_refused("r.h5 [1] HIT\nr.h5 [2] MISS\nr.h5 [3] MISS\nr.h5 [4] MISS\n", {"validation"});
}

TEST_CASE("labels: a list of hits that names another file; no labels anywhere") {
  check_refused("other.cxi //1\n", {"hits.lst", "other.cxi"}, "hits.lst");
  const TemporaryFolder folder;
  write_frames(folder / "run.cxi", {.frames = 4});
  const Result result = run({"train", "-i", folder / "run.cxi", "--train", "2", "--validate", "2",
                             "-o", folder / "model.h5"});
  CHECK(result.code == 3);
  CHECK_CONTAINS(result.error, "no labels");
}

TEST_CASE("more frames wanted than there are") {
  const TemporaryFolder folder;
  const Result result = run({"train", "-i", example().frames, "--train", "50", "--validate", "50",
                             "-o", folder / "model.h5"});
  CHECK(result.code == 3);
  CHECK_CONTAINS(result.error, "60");
}
