// Nothing is left behind by many calls.
#include <doctest/doctest.h>
#include <hitsieve/hitsieve.h>
#include <malloc.h>

#include "tests/apps/library/opened.h"

namespace {

/// Bytes that the program has allocated and not given back.
int64_t allocated_bytes() {
  const auto heap = ::mallinfo2();
  return int64_t(heap.uordblks + heap.hblkhd);
}

/// The sanitizers keep freed memory for a while, and LeakSanitizer counts by itself at the end.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int screenings = 2'000, openings = 20;
constexpr int64_t allowed = int64_t(1) << 40;
#else
constexpr int screenings = 100'000, openings = 500;
constexpr int64_t allowed = 1 << 16;
#endif

}  // namespace

TEST_CASE("memory stays flat in 100,000 calls, good and bad, and in many openings") {
  const auto pixels = as<uint16_t>(noise(1, 70, 70));
  auto frames = hitsieve_packed_frames(pixels.data(), HITSIEVE_UINT16, 1, 70, 70);
  auto bad = frames;
  bad.height = 10;
  const std::string content = file_content(model_file());
  int64_t before = 0;
  for (int round = 0; round < 2; ++round) {  // the first takes what working memory it wants
    for (int i = 0; i < openings; ++i) {
      const Opened opened(model_file());
      hitsieve_screener* screener = nullptr;
      hitsieve_open_memory(content.data(), content.size() / 2, HITSIEVE_CPU, &screener, nullptr);
      CHECK(screener == nullptr);
    }
    const Opened opened(model_file());
    for (int i = 0; i < screenings; ++i) {
      hitsieve_result result;
      hitsieve_error error;
      if (hitsieve_screen(opened.get(), &frames, &result, &error) != HITSIEVE_OK) FAIL(error.text);
      if (i % 10 == 0 && hitsieve_screen(opened.get(), &bad, &result, &error) == HITSIEVE_OK)
        FAIL("a frame of 10 rows passed");
    }
    if (round == 0) before = allocated_bytes();
  }
  CHECK(allocated_bytes() - before < allowed);
}
