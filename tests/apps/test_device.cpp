// --device: the same decisions from a GPU, or from its emulation in builds that have that.
#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

namespace {

/// False, after a look at the message, where this build or machine has no GPU to compute on.
bool has_cuda(const Result& result) {
#ifdef HITSIEVE_EMULATOR
  REQUIRE_MESSAGE(result.code == 0, result.error);
#endif
  if (result.code == 0) return true;
  const bool said =
      result.error.find("--device cuda: this build has no CUDA") != std::string::npos ||
      result.error.find("--device cuda: no GPU answers") != std::string::npos;
  CHECK_MESSAGE(said, result.error);
  return false;
}

}  // namespace

TEST_CASE("screen --device cuda decides as the CPU does: several batches, files of two types") {
  const TemporaryFolder folder;
  write_float_frames(folder / "float.cxi", 2, {});
  std::vector<std::string> lines;
  for (int i = 0; i < 33; ++i) lines.push_back(example().frames + " //" + std::to_string(i));
  lines.insert(lines.begin() + 5, folder / "float.cxi");
  const std::string list = write_list(folder / "some.lst", lines);
  std::vector<std::vector<std::string>> tables, hits;
  for (const std::string device : {"cpu", "cuda"}) {
    const std::string table = folder / (device + ".tsv"), out = folder / (device + ".lst");
    const Result result = run({"screen", "-m", example().model, "-i", list, "-o", out, "--table",
                               table, "--device", device});
    if (device == "cuda" && !has_cuda(result)) return;
    REQUIRE_MESSAGE(result.code == 0, result.error);
    CHECK(contains(result.error, "; copy to the GPU ") == (device == "cuda"));
    CHECK(contains(result.error, ", compute there ") == (device == "cuda"));
    tables.push_back(lines_of(file_content(table))), hits.push_back(lines_of(file_content(out)));
  }
  REQUIRE(tables[0].size() == lines.size() + 2);  // the float file has two frames
  REQUIRE(tables[1].size() == tables[0].size());
  CHECK(hits[1] == hits[0]);
  for (size_t i = 1; i < tables[0].size(); ++i) {
    const auto cpu = fields_of(tables[0][i]), cuda = fields_of(tables[1][i]);
    CHECK(cuda[1] == cpu[1]);
    CHECK(std::stod(cuda[2]) == doctest::Approx(std::stod(cpu[2])).epsilon(1e-4));
    CHECK(cuda[3] == cpu[3]);
  }
}

TEST_CASE("--device: what cannot be had is an error before any work, and so is an unknown name") {
  const TemporaryFolder folder;
  Result result = run({"screen", "--method", "peaks", "--device", "cuda", "-i", example().frames,
                       "-o", folder / "hits.lst"});
  CHECK(result.code != 0);
  CHECK(result.error.find("runs on the CPU") != std::string::npos);
  result = run({"train", "-i", example().frames, "-o", folder / "m.h5", "--device", "gpu"});
  CHECK(result.code != 0);
  CHECK(result.error.find("--device") != std::string::npos);
  CHECK(!exists(folder / "m.h5"));
}

TEST_CASE("--precision: tf32 and bf16 change scores a little, are noted, and not joined") {
  const TemporaryFolder folder;
  std::vector<std::string> lines;
  for (int i = 0; i < 33; ++i) lines.push_back(example().frames + " //" + std::to_string(i));
  const std::string list = write_list(folder / "some.lst", lines);
  std::vector<std::vector<std::string>> tables;
  for (const std::string precision : {"float32", "tf32", "bf16"}) {
    const std::string table = folder / (precision + ".tsv"), out = folder / (precision + ".lst");
    const Result result =
        run({"screen", "-m", example().model, "-i", list, "-o", out, "--table", table, "--json",
             folder / (precision + ".json"), "--device", "cuda", "--precision", precision});
    if (!has_cuda(result)) return;
    tables.push_back(lines_of(file_content(table)));
    CHECK(file_content(folder / (precision + ".json")).find(precision) != std::string::npos);
  }
  for (size_t which = 1; which < tables.size(); ++which) {
    double most = 0;
    for (size_t i = 1; i < tables[0].size(); ++i)
      most = std::max(most, std::abs(std::stod(fields_of(tables[which][i])[2]) -
                                     std::stod(fields_of(tables[0][i])[2])));
    CHECK(most > 0);
    CHECK(most < (which == 1 ? 0.005 : 0.03));
  }
  for (const std::string part : {"1", "2"})
    REQUIRE(
        run({"screen", "-m", example().model, "-i", list, "-o", folder / (part + ".lst"), "--part",
             part + "/2", "--device", "cuda", "--precision", part == "1" ? "float32" : "bf16"})
            .code == 0);
  const Result merged =
      run({"merge", "-o", folder / "all.lst", folder / "1.lst", folder / "2.lst"});
  CHECK(merged.code == 3);
  CHECK_MESSAGE(merged.error.find("arithmetic") != std::string::npos, merged.error);
}

TEST_CASE("--precision: the CPU, the spot finder and unknown names are usage errors") {
  const TemporaryFolder folder;
  const std::string hits = folder / "hits.lst";
  Result result = run(
      {"screen", "-m", example().model, "-i", example().frames, "-o", hits, "--precision", "bf16"});
  CHECK(result.code == 2);
  CHECK_MESSAGE(result.error.find("--device cuda") != std::string::npos, result.error);
  result = run(
      {"screen", "--method", "peaks", "-i", example().frames, "-o", hits, "--precision", "tf32"});
  CHECK(result.code == 2);
  result = run(
      {"screen", "-m", example().model, "-i", example().frames, "-o", hits, "--precision", "fp8"});
  CHECK(result.code == 2);
  CHECK(!exists(hits));
}

TEST_CASE("parts that were screened on different devices are not joined") {
  const TemporaryFolder folder;
  std::vector<std::string> lines;
  for (int i = 0; i < 2; ++i) lines.push_back(example().frames + " //" + std::to_string(i));
  const std::string list = write_list(folder / "some.lst", lines);
  int part = 0;
  for (const std::string device : {"cpu", "cuda"}) {
    const std::string which = std::to_string(++part);
    const Result result =
        run({"screen", "-m", example().model, "-i", list, "-o", folder / (which + ".lst"), "--part",
             which + "/2", "--device", device});
    if (device == "cuda" && !has_cuda(result)) return;
    REQUIRE_MESSAGE(result.code == 0, result.error);
  }
  const Result merged =
      run({"merge", "-o", folder / "all.lst", folder / "1.lst", folder / "2.lst"});
  CHECK(merged.code == 3);
  CHECK_MESSAGE(merged.error.find("device") != std::string::npos, merged.error);
  CHECK(!exists(folder / "all.lst"));
}
