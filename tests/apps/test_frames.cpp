// simulate, info, mask and preview, and the frames that the project did not make.
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <doctest/doctest.h>

#include "engine/hdf5_file.h"
#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

TEST_CASE("simulate writes the same file for any number of threads") {
  const TemporaryFolder folder;
  const auto simulate = [&](const std::string& name, const std::string& threads) {
    const Result result = run({"simulate", "--like", "L498", "-n", "7", "--seed", "3", "-o",
                               folder / name, "-j", threads});
    REQUIRE_MESSAGE(result.code == 0, result.error);
    return file_content(folder / name);
  };
  CHECK(simulate("one.cxi", "1") == simulate("three.cxi", "3"));
}

TEST_CASE("info of frames, of a list and of a model") {
  Result result = run({"info", example().frames});
  CHECK(result.code == 0);
  for (const char* word :
       {"CXI", "60 of 724 x 724", "uint16", "mask", "0 = good", "labels", "/entry_1/labels", "eV"})
    CHECK_CONTAINS(result.out, word);
  result = run({"info", example().model});
  CHECK(result.code == 0);
  for (const char* word :
       {"rwd", "30 frames", "threshold", "recall", "ln84.cxi", "/entry_1/data_1/mask (0 = good)"})
    CHECK_CONTAINS(result.out, word);
  const TemporaryFolder folder;
  write_frames(folder / "plain.cxi");
  const std::string list =
      write_list(folder / "runs.lst", {example().frames, folder / "plain.cxi"});
  result = run({"info", list});
  CHECK(result.code == 0);
  CHECK_CONTAINS(result.out, "62 frames of 2 files");
}

TEST_CASE("mask finds a hot pixel, and screen takes the result") {
  const TemporaryFolder folder;
  const std::string mask = folder / "mask.h5";
  const Result found =
      run({"mask", "-i", example().frames, "--ignore-file-mask", "-o", mask, "-n", "30"});
  REQUIRE_MESSAGE(found.code == 0, found.error);
  CHECK_CONTAINS(found.out, "0 = good");
  const auto file = hitsieve::Hdf5File::open(mask);
  const auto bad = file.read<uint8_t>("/mask");
  const auto count = std::count_if(bad.begin(), bad.end(), [](uint8_t b) { return b != 0; });
  CHECK(count > 0);
  CHECK(count < ptrdiff_t(bad.size()) / 4);
  const Result result = run({"screen", "-m", example().model, "-i", example().frames, "--mask",
                             mask, "-o", folder / "hits.lst"});
  CHECK(result.code == 0);
  CHECK_CONTAINS(result.error, "mask.h5");
}

TEST_CASE("preview draws PNG and SVG, nothing else") {
  const TemporaryFolder folder;
  const auto preview = [&](const std::string& name) {
    return run({"preview", "-i", example().frames, "-n", "1", "-o", folder / name});
  };
  CHECK(preview("sheet.png").code == 0);
  CHECK(file_content(folder / "sheet.png").substr(1, 3) == "PNG");
  CHECK(preview("sheet.svg").code == 0);
  CHECK_CONTAINS(file_content(folder / "sheet.svg").substr(0, 200), "<svg");
  const Result result = preview("sheet.gif");
  CHECK(result.code == 2);
  CHECK_CONTAINS(result.error, ".png or .svg");
}

TEST_CASE("demo makes its files and the page") {
  const TemporaryFolder folder;
  const std::string out = folder / "demo";
  const Result result = run({"demo", "-o", out, "--train", "20", "-n", "20"});
  REQUIRE_MESSAGE(result.code == 0, result.error);
  for (const char* name : {"run1.cxi", "run2.cxi", "model.h5", "hits.lst", "frames.tsv",
                           "evaluation.json", "index.html"})
    CHECK_MESSAGE(exists(out + "/" + name), name);
  const std::string page = file_content(out + "/index.html");
  for (const char* word : {"<svg", "data:image/png;base64,", "precision", "run2.cxi //"})
    CHECK(page.find(word) != std::string::npos);
  CHECK(page.find("src=\"http") == std::string::npos);
  CHECK_CONTAINS(result.out, "recall ");
  CHECK(run({"demo", "-o", out, "--train", "20", "-n", "20"}).code == 4);
}

TEST_CASE("frames not made here go through info, preview and screen") {
  const char* given = std::getenv("HITSIEVE_SHARED");
  const std::string shared = std::string(given ? given : HITSIEVE_SOURCE "/../shared") + "/frames/";
  if (!exists(shared)) {
    std::cout << "skipped: " << shared << " is not there\n";
    return;
  }
  const TemporaryFolder folder;
  const std::vector<std::string> names = {"real_rayonix_mx340_1frame.cxi",
                                          "real_cspad_thermolysin_4frames.cxi",
                                          "real_thaumatin_stills_19frames_724.cxi"};
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    paths.push_back(shared + name);
    CHECK(run({"info", paths.back()}).code == 0);
    const Result preview =
        run({"preview", "-i", paths.back(), "-n", "1", "-o", folder / (name + ".png")});
    CHECK_MESSAGE(preview.code == 0, preview.error);
  }
  const std::string small = shared + "real_cspad_2x1_cxitut13.cxi";
  CHECK(run({"info", small}).code == 0);
  paths.push_back(small);
  const std::vector<std::string> screen = {
      "screen",           "-m", example().model, "-i", write_list(folder / "all.lst", paths), "-o",
      folder / "hits.lst"};
  CHECK(run(screen).code == 3);
  std::vector<std::string> skipping = screen;
  skipping.insert(skipping.end(), {"--skip-bad", "--resume"});
  const Result result = run(skipping);
  CHECK_MESSAGE(result.code == 0, result.error);
  CHECK_CONTAINS(result.out, "Skipped: 1 bad frame");
  CHECK_CONTAINS(result.out, "Final: 24 images processed, ");
}
