// Screens frames of uint16 pixels that lie one after another in a file without a header, on several
// threads that share one screener:
//   screen_cpp THREADS MODEL FRAMES HEIGHT WIDTH [MASK]      MASK: a byte a pixel, nonzero = bad
// and prints number, score and class of each.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <hitsieve/screener.hpp>

namespace {

template <class T>
std::vector<T> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::vector<T> values(static_cast<size_t>(file.tellg()) / sizeof(T));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(T)));
  return values;
}

/// Every thread takes each `threads`-th frame; what one throws is thrown at the end.
std::vector<hitsieve::Result> screen(const hitsieve::Screener& screener,
                                     const hitsieve::Frames& frames, int threads) {
  std::vector<hitsieve::Result> results(static_cast<size_t>(frames.count));
  std::vector<std::exception_ptr> failures(static_cast<size_t>(threads));
  std::vector<std::thread> workers;
  const int64_t size = frames.height * frames.width;
  for (int i = 0; i < threads; ++i)
    workers.emplace_back([&, i] {
      try {
        for (int64_t n = i; n < frames.count; n += threads) {
          hitsieve::Frames one = frames;
          one.pixels = static_cast<const uint16_t*>(frames.pixels) + n * size;
          one.count = 1;
          screener.screen(one, &results[static_cast<size_t>(n)]);
        }
      } catch (...) {
        failures[static_cast<size_t>(i)] = std::current_exception();
      }
    });
  for (std::thread& worker : workers) worker.join();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return results;
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() != 5 && arguments.size() != 6)
    throw std::runtime_error("want THREADS MODEL FRAMES HEIGHT WIDTH [MASK]");
  const int threads = std::stoi(arguments[0]);
  const int64_t height = std::stoll(arguments[3]), width = std::stoll(arguments[4]);
  if (threads <= 0 || height <= 0 || width <= 0)
    throw std::runtime_error("THREADS, HEIGHT and WIDTH are positive");
  const hitsieve::Screener screener(arguments[1]);
  const auto pixels = read<uint16_t>(arguments[2]);
  const int64_t count = static_cast<int64_t>(pixels.size()) / (height * width);
  auto frames = hitsieve::packed_frames(pixels.data(), count, height, width);
  std::vector<uint8_t> mask;
  if (arguments.size() == 6) {
    mask = read<uint8_t>(arguments[5]);
    if (static_cast<int64_t>(mask.size()) != height * width)
      throw std::runtime_error(arguments[5] + ": not as many pixels as a frame has");
    frames.mask = mask.data();
  }
  int event = 0;
  for (const hitsieve::Result& result : screen(screener, frames, threads)) {
    const bool scored = result.status == HITSIEVE_FRAME_SCORED;
    std::printf("%d\t%.9g\t%s\n", event++, double(result.score),
                !scored      ? hitsieve_status_text(result.status)
                : result.hit ? "hit"
                             : "miss");
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "screen_cpp: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
