// The header for C++. It knows nothing of the engine, and this file neither.
#include <doctest/doctest.h>
#include <hitsieve/screener.hpp>

#include "tests/apps/library/model_files.h"

TEST_CASE("C++: a screener that closes itself, and errors that are thrown") {
  hitsieve::Screener screener(model_file());
  CHECK(screener.crop() == model_crop);
  CHECK(screener.method() == "rwd");
  CHECK(screener.mask() == "none");
  const auto pixels = as<int16_t>(noise(2, 64, 64));
  hitsieve::Frames frames = hitsieve::packed_frames(pixels.data(), 2, 64, 64);
  CHECK(frames.type == HITSIEVE_INT16);
  const auto results = screener.screen(frames);
  REQUIRE(results.size() == 2);
  for (const hitsieve::Result& result : results) {
    CHECK(result.status == HITSIEVE_FRAME_SCORED);
    CHECK((result.hit == 1) == (double(result.score) >= screener.threshold()));
  }
  const hitsieve::Screener moved = std::move(screener);
  CHECK(moved.screen(frames)[1].score == results[1].score);
  frames.width = 10;
  try {
    moved.screen(frames);
    FAIL("not refused");
  } catch (const hitsieve::Error& error) {
    CHECK(error.code() == HITSIEVE_ERROR_ARGUMENT);
    CHECK(std::string(error.what()).find("smaller than the crop") != std::string::npos);
  }
  CHECK_THROWS_AS(hitsieve::Screener("no-such-model.h5"), hitsieve::Error);
}
