#include "engine/file_seal.h"

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>

#include "engine/check.h"
#include "engine/input_file.h"

namespace hitsieve {
namespace {

constexpr std::string_view first_line = "hitsieve file, sealed\n";

/// FNV-1a, 64 bits.
uint64_t checksum(std::span<const std::byte> bytes) {
  uint64_t sum = 0xcbf29ce484222325ull;
  for (const std::byte byte : bytes) sum = (sum ^ uint64_t(byte)) * 0x100000001b3ull;
  return sum;
}

/// Of a whole file, its first seal_bytes being anything.
std::string seal_of(std::span<const std::byte> bytes) {
  char words[128];
  std::snprintf(words, sizeof words, "%zu bytes, checksum %016" PRIx64 " of those from %zu on\n",
                bytes.size(), checksum(bytes.subspan(seal_bytes)), seal_bytes);
  std::string seal = std::string(first_line) + words;
  seal.resize(seal_bytes, '\0');
  return seal;
}

}  // namespace

void seal_file(const std::string& path) {
  const std::string bytes = read_file(path);
  check<OutputError>(bytes.size() >= seal_bytes, path, ": has no room for a seal");
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file << seal_of(std::as_bytes(std::span(bytes))) << std::flush;
  check<OutputError>(bool(file), path, ": cannot be written");
}

bool has_seal(std::string_view start) { return start.starts_with(first_line); }

void check_seal(const std::string& path, std::span<const std::byte> bytes) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const char* what_to_do = "; copy it again from where it came, or make it again";
  size_t size = 0;
  const bool known =
      has_seal(all) && all.size() > seal_bytes &&
      std::sscanf(std::string(all.substr(first_line.size(), 32)).c_str(), "%zu", &size) == 1;
  check(known && bytes.size() >= size, path, ": the file is truncated, it has ", bytes.size(),
        known ? text(" of ", size) : "", " bytes", what_to_do);
  check(all.substr(0, seal_bytes) == seal_of(bytes), path,
        ": the file is damaged, its checksum is another than when it was written", what_to_do);
}

}  // namespace hitsieve
