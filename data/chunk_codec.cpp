#include "data/chunk_codec.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <blosc.h>
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include "data/bit_unshuffle.h"
#include "engine/check.h"

namespace hitsieve {
namespace {

using Values = std::vector<unsigned>;

/// Reads forward through a chunk and never beyond its end.
struct Reader {
  const std::byte* at;
  size_t left;

  const std::byte* take(size_t count) {
    check(count <= left, "the chunk ends early");
    left -= count;
    return std::exchange(at, at + count);
  }
  uint64_t big_endian(int bytes) {
    uint64_t value = 0;
    for (const std::byte* p = take(size_t(bytes)); bytes-- > 0; ++p)
      value = value << 8 | uint64_t(*p);
    return value;
  }
};

bool touches(ByteRange wanted, size_t begin, size_t count) {
  return begin < wanted.end && begin + count > wanted.begin;
}

void lz4_block(const std::byte* in, size_t in_size, std::byte* out, size_t out_size) {
  const int got = LZ4_decompress_safe(reinterpret_cast<const char*>(in),
                                      reinterpret_cast<char*>(out), int(in_size), int(out_size));
  check(got == int(out_size), "LZ4 data are damaged");
}

void zstd_block(const std::byte* in, size_t in_size, std::byte* out, size_t out_size) {
  const size_t got = ZSTD_decompress(out, out_size, in, in_size);
  check(!ZSTD_isError(got) && got == out_size, "zstd data are damaged",
        ZSTD_isError(got) ? text(": ", ZSTD_getErrorName(got)) : "");
}

void undo_deflate(const Values&, const Bytes& in, ByteRange, Bytes& out) {
  uLongf size = out.size();
  const int status = uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                                reinterpret_cast<const Bytef*>(in.data()), in.size());
  check(status == Z_OK && size == out.size(), "deflate data are damaged (zlib ", status, ", ", size,
        " of ", out.size(), " bytes)");
}

void undo_zstd(const Values&, const Bytes& in, ByteRange, Bytes& out) {
  zstd_block(in.data(), in.size(), out.data(), out.size());
}

void undo_blosc(const Values&, const Bytes& in, ByteRange, Bytes& out) {
  size_t size = 0;
  check(blosc_cbuffer_validate(in.data(), in.size(), &size) == 0 && size == out.size(),
        "Blosc data are damaged");
  const int got = blosc_decompress_ctx(in.data(), out.data(), out.size(), 1);
  check(got >= 0 && size_t(got) == out.size(), "Blosc data are damaged");
}

/// Header: u64 decoded bytes, u32 block bytes; a block: u32 bytes, data, plain when not smaller.
void undo_lz4(const Values&, const Bytes& in, ByteRange wanted, Bytes& out) {
  Reader reader{in.data(), in.size()};
  const uint64_t total = reader.big_endian(8), block = reader.big_endian(4);
  check(total == out.size() && block > 0, "LZ4 header says ", total, " bytes, the chunk has ",
        out.size());
  for (size_t done = 0; done < out.size();) {
    const size_t want = std::min<size_t>(block, out.size() - done), size = reader.big_endian(4);
    const std::byte* payload = reader.take(size);
    if (touches(wanted, done, want)) {
      if (size == want)
        std::memcpy(out.data() + done, payload, size);
      else
        lz4_block(payload, size, out.data() + done, want);
    }
    done += want;
  }
}

template <size_t size>
void unshuffle(const std::byte* in, std::byte* out, size_t count) {
  for (size_t i = 0; i < count; ++i)
    for (size_t byte = 0; byte < size; ++byte) out[i * size + byte] = in[byte * count + i];
}

void undo_shuffle(const Values& values, const Bytes& in, ByteRange, Bytes& out) {
  const size_t size = values.empty() ? 0 : values[0];
  check(in.size() == out.size() && size > 0, "shuffled data are damaged");
  const size_t count = in.size() / size;
  if (size == 2) {
    unshuffle<2>(in.data(), out.data(), count);
  } else if (size == 4) {
    unshuffle<4>(in.data(), out.data(), count);
  } else {
    for (size_t i = 0; i < count; ++i)
      for (size_t byte = 0; byte < size; ++byte) out[i * size + byte] = in[byte * count + i];
  }
  std::copy(in.begin() + ptrdiff_t(count * size), in.end(), out.begin() + ptrdiff_t(count * size));
}

/// values: version (2), element size, elements a block or 0, 0 plain | 2 LZ4 | 3 zstd. Compressed
/// chunks start with u64 decoded bytes, u32 block bytes, and each block with u32 bytes. The last up
/// to seven elements are stored as they are.
void undo_bitshuffle(const Values& values, const Bytes& in, ByteRange wanted, Bytes& out) {
  check(values.size() >= 3 && values[2] > 0, "bitshuffle without an element size");
  const size_t size = values[2], coder = values.size() > 4 ? values[4] : 0;
  check(coder == 0 || coder == 2 || coder == 3, "bitshuffle with unknown compression ", coder);
  size_t block = values.size() > 3 ? values[3] : 0;
  if (block == 0) block = std::max<size_t>(8192 / size / 8 * 8, 128);
  Reader reader{in.data(), in.size()};
  if (coder != 0) {
    const uint64_t total = reader.big_endian(8);
    check(total == out.size(), "bitshuffle header says ", total, " bytes, the chunk has ",
          out.size());
    block = reader.big_endian(4) / size;
  }
  check(block > 0 && block % 8 == 0, "bitshuffle with blocks of ", block, " elements");
  const size_t elements = out.size() / size, whole = elements / 8 * 8;
  Bytes plain(std::min(block, whole) * size);
  for (size_t done = 0; done < whole;) {
    const size_t count = std::min(block, whole - done), bytes = count * size;
    const size_t packed = coder == 0 ? bytes : reader.big_endian(4);
    const std::byte* payload = reader.take(packed);
    if (touches(wanted, done * size, bytes)) {
      if (coder == 2) lz4_block(payload, packed, plain.data(), bytes);
      if (coder == 3) zstd_block(payload, packed, plain.data(), bytes);
      unshuffle_bits(coder == 0 ? payload : plain.data(), out.data() + done * size, count, size);
    }
    done += count;
  }
  const size_t rest = out.size() - whole * size;
  std::copy_n(reader.take(rest), rest, out.begin() + ptrdiff_t(whole * size));
}

struct Codec {
  int id;
  const char* name;
  /// Null: only its name is known.
  void (*undo)(const Values&, const Bytes& in, ByteRange wanted, Bytes& out);
};

constexpr Codec codecs[] = {
    {1, "deflate", undo_deflate},
    {2, "shuffle", undo_shuffle},
    {3, "fletcher32", nullptr},
    {4, "szip", nullptr},
    {5, "nbit", nullptr},
    {6, "scale-offset", nullptr},
    {307, "bzip2", nullptr},
    {32000, "LZF", nullptr},
    {32001, "Blosc", undo_blosc},
    {32004, "LZ4", undo_lz4},
    {32008, "bitshuffle", undo_bitshuffle},
    {32013, "ZFP", nullptr},
    {32015, "zstd", undo_zstd},
    {32026, "Blosc2", nullptr},
};

const Codec* find(int id) {
  for (const Codec& codec : codecs)
    if (codec.id == id) return &codec;
  return nullptr;
}

}  // namespace

std::string describe(const ChunkFilter& filter) {
  const Codec* codec = find(filter.id);
  const std::string name = codec ? codec->name : filter.name.empty() ? "unknown" : filter.name;
  return text(name, " (filter ", filter.id, ")");
}

std::string decoded_filters() {
  std::string names;
  for (const Codec& codec : codecs)
    if (codec.undo) names += (names.empty() ? "" : ", ") + std::string(codec.name);
  return names;
}

bool can_decode(const std::vector<ChunkFilter>& filters) {
  return std::all_of(filters.begin(), filters.end(), [](const ChunkFilter& filter) {
    const Codec* codec = find(filter.id);
    return codec && codec->undo;
  });
}

void decode_chunk(const std::vector<ChunkFilter>& filters, uint32_t filter_mask, size_t bytes,
                  Bytes& data, Bytes& scratch, ByteRange wanted) {
  for (size_t i = filters.size(); i-- > 0;) {
    if (filter_mask >> i & 1) continue;
    scratch.resize(bytes);
    // A filter whose output goes through another one is wanted as a whole.
    find(filters[i].id)->undo(filters[i].values, data, i == 0 ? wanted : ByteRange{}, scratch);
    std::swap(data, scratch);
  }
  check(data.size() == bytes, "the chunk has ", data.size(), " bytes, want ", bytes);
}

}  // namespace hitsieve
