// Makes a raw HDF5 chunk with the filters that every HDF5 library has: shuffle, then deflate.
#pragma once
#include "data/bytes.h"

namespace hitsieve {

/// In place. `size` is that of a value in bytes, `level` 1 to 9; `scratch` is reused memory.
void shuffle_and_deflate(Bytes& bytes, size_t size, int level, Bytes& scratch);

}  // namespace hitsieve
