// Words of a file in a message.
#pragma once
#include <string>

namespace hitsieve {

/// Words from a file that may be anything, on one line and of bounded length, with a '?' for each
/// character that a terminal would act on.
inline std::string shown(const std::string& words) {
  constexpr size_t most = 80;
  std::string out = words.substr(0, most);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  return words.size() > most ? out + "..." : out;
}

}  // namespace hitsieve
