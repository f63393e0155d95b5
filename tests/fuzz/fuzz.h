// What the fuzzed readers have in common. A target is one file that defines
//   seeds()                   whole and broken inputs to start from, and inputs that once were bugs
//   LLVMFuzzerTestOneInput    reads the bytes as the reader would read a file's
// libFuzzer's main feeds it (tests/fuzz/run.sh), or the main of seeds.cpp, which only takes the
// seeds, cut short and with bytes changed, so that it needs no clang and is an ordinary test.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/check.h"

std::vector<std::string> seeds();
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace hitsieve::fuzz {

[[noreturn]] inline void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

/// A message names what was read, is no longer than two paths and some words, and does not play
/// with the terminal.
inline void check_message(const std::string& message, const std::string& name) {
  if (message.find(name) == std::string::npos) fail("does not name " + name + ": " + message);
  if (message.size() > 10'000) fail("a message of " + std::to_string(message.size()) + " bytes");
  for (const char c : message)
    if ((uint8_t(c) < ' ' && c != '\n' && c != '\t') || c == '\x7f')
      fail("a control character in: " + message);
}

/// Bad input may end in an Error that names `name`, and in nothing else.
template <class Read>
void reads_or_explains(const std::string& name, Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    check_message(error.what(), name);
  }
}

}  // namespace hitsieve::fuzz
