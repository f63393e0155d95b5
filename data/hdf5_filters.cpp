#include "data/hdf5_filters.h"

#include <cstring>

#include <blosc.h>
#include <zstd.h>

#include "data/chunk_codec.h"
#include "engine/hdf5_file.h"

namespace hitsieve {
namespace {

constexpr uint64_t largest_chunk = uint64_t(1) << 30;  // bytes; what says more is damaged

/// Of the decoded chunk, as the encoded one says; 0 when it does not.
uint64_t decoded_size(const ChunkFilter& filter, const Bytes& chunk) {
  if (filter.id == 32015) {
    const unsigned long long size = ZSTD_getFrameContentSize(chunk.data(), chunk.size());
    return size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ? 0 : size;
  }
  if (filter.id == 32001) {
    size_t size = 0;
    return blosc_cbuffer_validate(chunk.data(), chunk.size(), &size) == 0 ? size : 0;
  }
  const bool only_shuffled =
      filter.id == 32008 && (filter.values.size() < 5 || filter.values[4] == 0);
  if (only_shuffled) return chunk.size();
  uint64_t size = 0;
  for (size_t i = 0; i < 8 && i < chunk.size(); ++i) size = size << 8 | uint64_t(chunk[i]);
  return size;
}

/// Called by HDF5: replaces `*buffer`, and gives the number of its bytes, 0 for a failure.
template <int id>
size_t decode(unsigned flags, size_t count, const unsigned* values, size_t bytes,
              size_t* buffer_size, void** buffer) {
  if (!(flags & H5Z_FLAG_REVERSE)) return 0;
  try {
    const std::vector<ChunkFilter> filters{{id, {values, values + count}, ""}};
    const auto* begin = static_cast<const std::byte*>(*buffer);
    Bytes chunk(begin, begin + bytes), scratch;
    const uint64_t size = decoded_size(filters[0], chunk);
    if (size == 0 || size > largest_chunk) return 0;
    decode_chunk(filters, 0, size, chunk, scratch);
    void* decoded = H5allocate_memory(chunk.size(), false);
    if (!decoded) return 0;
    std::memcpy(decoded, chunk.data(), chunk.size());
    H5free_memory(*buffer);
    *buffer = decoded, *buffer_size = chunk.size();
    return chunk.size();
  } catch (const std::exception&) {
    return 0;  // no exception passes through HDF5; it reports the filter's failure
  }
}

template <int id>
void add(const char* name) {
  if (H5Zfilter_avail(id) > 0) return;
  // It says that it encodes, so that datasets can be made and written chunk by chunk; it fails to.
  const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, id, 1, 1, name, nullptr, nullptr, decode<id>};
  check(H5Zregister(&filter) >= 0, "HDF5 filter ", name, ": ", hdf5_error);
}

}  // namespace

void register_hdf5_filters() {
  const Hdf5Lock lock;
  static bool done = false;
  if (done) return;
  add<32001>("Blosc"), add<32004>("LZ4"), add<32008>("bitshuffle"), add<32015>("zstd");
  done = true;
}

}  // namespace hitsieve
