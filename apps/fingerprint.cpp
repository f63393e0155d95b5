#include "apps/fingerprint.h"

#include <charconv>
#include <fstream>

#include <spdlog/fmt/fmt.h>

#include "engine/check.h"

namespace hitsieve {
namespace {

constexpr uint64_t prime = 0x100000001B3u;

uint64_t hashed(uint64_t hash, std::string_view bytes) {
  for (const char byte : bytes) hash = (hash ^ uint8_t(byte)) * prime;
  return hash;
}

}  // namespace

void Fingerprint::add(std::string_view bytes) {
  add(int64_t(bytes.size()));
  hash_ = hashed(hash_, bytes);
}

void Fingerprint::add(int64_t number) {
  for (int shift = 0; shift < 64; shift += 8)
    hash_ = (hash_ ^ (uint64_t(number) >> shift & 0xFF)) * prime;
}

std::string Fingerprint::text() const { return fmt::format("{:016x}", hash_); }

std::string file_fingerprint(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  check(bool(in), path, ": cannot be read");
  std::string block(1 << 20, '\0');
  Fingerprint print;
  while (in.read(block.data(), std::streamsize(block.size())) || in.gcount() > 0)
    print.add(std::string_view(block.data(), size_t(in.gcount())));
  check(!in.bad(), path, ": cannot be read");
  return print.text();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = uint8_t(c);
    if (byte < 0x20 || byte >= 0x7F || c == '%')
      out += fmt::format("%{:02X}", byte);
    else
      out += c;
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2)
      out += char(byte), i += 2;
    else
      out += text[i];
  }
  return out;
}

}  // namespace hitsieve
