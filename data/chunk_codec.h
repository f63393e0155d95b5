// Decodes a raw HDF5 chunk without the HDF5 library, so that frames are decoded on all cores at
// once. Known: 1 deflate, 2 shuffle, 32001 Blosc, 32004 LZ4, 32008 bitshuffle (alone, with LZ4,
// with zstd), 32015 zstd. Datasets with other filters go through HDF5 itself, when it has the
// plugin. To add a filter: a function in chunk_codec.cpp and its row in the table there.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/bytes.h"

namespace hitsieve {

/// One step of a dataset's filter pipeline, in the order of writing.
struct ChunkFilter {
  int id;
  std::vector<unsigned> values;  ///< HDF5's "client data"
  std::string name;              ///< as the file gives it, may be empty
  /// The same step, whatever it is called.
  bool operator==(const ChunkFilter& other) const {
    return id == other.id && values == other.values;
  }
};

/// "bitshuffle (filter 32008)"; the file's own name for filters that nobody here knows.
std::string describe(const ChunkFilter& filter);

/// "deflate, shuffle, ...": those that decode_chunk knows.
std::string decoded_filters();

/// Whether decode_chunk knows every filter.
bool can_decode(const std::vector<ChunkFilter>& filters);

/// Part of a decoded chunk, in bytes; by itself all of it.
struct ByteRange {
  size_t begin = 0, end = SIZE_MAX;
};

/// Undoes the filters, the last first, in `data`; filter i is skipped when bit i of `filter_mask`
/// is set, as HDF5 does where a filter did not apply. `bytes` is the size of the decoded chunk.
/// Of LZ4 and bitshuffle, the blocks that hold nothing `wanted` are not decoded, and their bytes
/// are left as they are. Throws Error when the data are damaged. `scratch` is reused memory.
void decode_chunk(const std::vector<ChunkFilter>& filters, uint32_t filter_mask, size_t bytes,
                  Bytes& data, Bytes& scratch, ByteRange wanted = {});

}  // namespace hitsieve
