// Stored pixel types to those in memory: the rules in frame_source.h, in one place.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "data/frame.h"

namespace hitsieve {

struct PixelRule {
  const char* stored;  ///< "uint32", the names of Hdf5DatasetInfo
  DType memory;
  TrustedRange trusted;  ///< of memory values
  /// `count` stored values at `in` to memory values at `out`.
  void (*convert)(const std::byte* in, std::byte* out, int64_t count);
  const char* note;  ///< for the user, or null
};

/// Null for a type that cannot hold pixels.
const PixelRule* pixel_rule(const std::string& stored);

/// The same for masks, whose bits are kept: integers of at most 32 bits.
const PixelRule* mask_rule(const std::string& stored);

/// "uint8, int8, ..." for messages.
std::string pixel_types();

}  // namespace hitsieve
