// Tells contents apart: 64-bit FNV-1a, in hexadecimal digits.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace hitsieve {

class Fingerprint {
 public:
  void add(std::string_view bytes);  ///< and its length, so that "ab", "c" is not "a", "bc"
  void add(int64_t number);
  std::string text() const;

 private:
  uint64_t hash_ = 0xCBF29CE484222325u;
};

/// Of a file's content; Error when it cannot be read.
std::string file_fingerprint(const std::string& path);

/// Percent signs, control characters and bytes beyond ASCII as %XX: for one field of a line, and
/// for JSON, which file names need not suit. unescaped() gives back what was escaped.
std::string escaped(std::string_view text);
std::string unescaped(std::string_view text);

}  // namespace hitsieve
