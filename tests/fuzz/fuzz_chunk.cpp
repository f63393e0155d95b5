// The bytes of a chunk through each of the filters. The first four bytes of an input choose
// pipeline, size of a value, how many bytes the chunk should have, and elements a block.
#include <algorithm>

#include "data/chunk_codec.h"
#include "tests/data/stored_frames.h"
#include "tests/fuzz/fuzz.h"

using namespace hitsieve;

namespace {

constexpr size_t header = 4;

/// Ids of filters, and of the last, where it is bitshuffle, the kind of compression.
struct Pipeline {
  std::vector<int> filters;
  unsigned coder = 0;
};
const std::vector<Pipeline> pipelines = {{{1}},        {{2, 1}},     {{32001}}, {{32004}},
                                         {{32008}, 2}, {{32008}, 3}, {{32015}}, {{2, 32015}},
                                         {{2, 32004}}, {{32008}, 0}};

std::vector<unsigned> values_of(int filter, unsigned size, unsigned block, unsigned coder) {
  if (filter == 2) return {size};
  if (filter == 32008) return {0, 4, size, block, coder};
  return {};
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (size_t i = 0; i < pipelines.size(); ++i)
    for (const size_t size : {2, 4}) {
      if (pipelines[i].filters[0] == 32008 && pipelines[i].coder == 0) continue;
      Bytes bytes;
      for (int value = 0; value < 150; ++value) bytes.push_back(std::byte(value * value / 40));
      bytes.resize(bytes.size() / size * size);
      const size_t count = bytes.size();
      Storing how;
      how.filters = pipelines[i].filters;
      how.values = values_of(how.filters.back(), unsigned(size), 64, pipelines[i].coder);
      const auto chunk = encode(how, {bytes.begin(), bytes.end()}, size);
      std::string seed = {char(i), char(size), char(count), 8};
      for (const std::byte byte : chunk) seed += char(byte);
      all.push_back(seed);
    }
  all.push_back(std::string{9, 2, 32, 2} + std::string(32, 'x'));  // bitshuffle, not compressed
  all.push_back(std::string{9, -1, 0, 0});                         // nothing at all
  return all;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < header) return 0;
  const Pipeline& pipeline = pipelines[data[0] % pipelines.size()];
  std::vector<ChunkFilter> filters;
  for (const int id : pipeline.filters)
    filters.push_back({id, values_of(id, data[1], 8u * data[3], pipeline.coder), ""});
  const auto* bytes = reinterpret_cast<const std::byte*>(data + header);
  Bytes chunk(bytes, bytes + size - header), scratch;
  const size_t wanted = data[2];
  fuzz::reads_or_explains("", [&] {  // who calls it adds the name
    Bytes part = chunk;
    decode_chunk(filters, 0, wanted, chunk, scratch);
    if (chunk.size() != wanted) fuzz::fail("a chunk of another size");
    const size_t begin = wanted / 3, end = wanted - wanted / 4;  // decodes, as the whole does
    decode_chunk(filters, 0, wanted, part, scratch, {begin, end});
    if (!std::equal(part.begin() + ptrdiff_t(begin), part.begin() + ptrdiff_t(end),
                    chunk.begin() + ptrdiff_t(begin)))
      fuzz::fail("another part than in the whole");
  });
  return 0;
}
