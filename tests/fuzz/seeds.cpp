// The main of a target without libFuzzer:
//   TARGET                   reads every seed whole, cut at 20 places, and with each of up to 200
//                            bytes changed
//   TARGET --write FOLDER    writes the seeds into the folder, one a file, for libFuzzer
//   TARGET FILE...           reads these files, to look at what libFuzzer found
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "tests/fuzz/fuzz.h"
#include "tests/temporary_folder.h"

namespace {

void read(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

/// Returns how many inputs were read.
size_t read_variants(const std::string& seed) {
  read(seed);
  constexpr size_t cuts = 20, changes = 200;
  for (size_t i = 0; i < cuts; ++i) read(seed.substr(0, seed.size() * i / cuts));
  const size_t step = std::max<size_t>(1, seed.size() / changes);
  size_t count = 1 + cuts;
  for (size_t at = 0; at < seed.size(); at += step)
    for (const int flipped : {0x01, 0x80, 0xff}) {
      std::string changed = seed;
      changed[at] = char(changed[at] ^ flipped);
      read(changed), ++count;
    }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> given(argv + 1, argv + argc);
  const std::vector<std::string> all = seeds();
  if (given.size() == 2 && given[0] == "--write") {
    std::filesystem::create_directories(given[1]);
    for (size_t i = 0; i < all.size(); ++i)
      put_file(given[1] + "/seed" + std::to_string(i), all[i]);
    return 0;
  }
  for (const std::string& file : given) read(file_content(file));
  if (!given.empty()) return 0;
  size_t count = 0;
  for (const std::string& seed : all) count += read_variants(seed);
  std::printf("%zu seeds, %zu inputs read\n", all.size(), count);
}
