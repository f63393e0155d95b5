// The seal of a file: the number of its bytes and their checksum, as text in 512 bytes at its
// start. HDF5 leaves these to its user ("user block"), so a sealed HDF5 file still is one to all
// programs. Damage is found before anything in the file is believed: HDF5's library may crash on
// damaged files, and a weight that has changed a little would go unseen. It does not keep out a
// file that somebody made on purpose, with a seal that fits.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace hitsieve {

inline constexpr size_t seal_bytes = 512;

/// Writes the seal over the first seal_bytes of the file. OutputError.
void seal_file(const std::string& path);

/// Whether a file that starts so has, or had, a seal.
bool has_seal(std::string_view start);

/// Error, naming `path` and saying what to do, unless the bytes of the whole file fit its seal.
void check_seal(const std::string& path, std::span<const std::byte> bytes);

}  // namespace hitsieve
