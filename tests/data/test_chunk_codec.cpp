#include <algorithm>
#include <cstring>
#include <utility>

#include <doctest/doctest.h>
#include <zlib.h>

#include "data/chunk_codec.h"
#include "tests/data/runs.h"

using namespace hitsieve;

namespace {

struct Golden {
  const char* name;
  int filter;
  std::vector<unsigned> values;
  const char* hex;
};

/// sample_frame(0, {3, 11}) as uint16, written by h5py with hdf5plugin (the filters' own authors'
/// code). 33 elements: several blocks, and one element that no block of eight takes.
const Golden golden[] = {
    {"bitshuffle and LZ4",
     32008,
     {0, 4, 2, 16, 2},
     "00000000000000420000002000000019f800aaaa66661e1e5453989be01b00e400010050000000000000"
     "00001bf602aaaa66661e1e6babb333fcc3ff0300fc000100500000000000b000"},
    {"bitshuffle and zstd",
     32008,
     {0, 4, 2, 0, 3, 3},
     "0000000000000042000020000000003128b52ffd20404501001402aaaaaaaa666666661e1e1e1e54536b"
     "ab989bb333e01bfcc300e4ff03000000fc00010069c013b000"},
    {"bitshuffle",
     32008,
     {0, 4, 2, 8, 0},
     "aa661e5498e000000000000000000000aa661e539b1be4000000000000000000aa661e6bb3fcff000000"
     "000000000000aa661eab33c303fc0000000000000000b000"},
    {"LZ4",
     32004,
     {24},
     "00000000000000420000001800000018000007000e0015001c0023002a00310038003f00460035000000"
     "00183c0043004a00510058005f0066006d0074007b006a0071000000001278007f0086008d0094009b00"
     "a200a900b000"},
    {"zstd",
     32015,
     {3},
     "28b52ffd2042bd010022c40c15b0dd0cc0be81f9d5653173ab3c5403dd2a73abbf14bfde2e77abcd62ad"
     "54e9b53a8d429fcee63279642a91c62271280c020700"},
};

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(std::byte(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

Bytes expected() {
  const auto values = sample_run<uint16_t>(1, {3, 11});
  Bytes bytes(values.size() * 2);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

TEST_CASE("chunk codec: chunks written by the filters' own code") {
  for (const Golden& each : golden) {
    CAPTURE(each.name);
    const std::vector<ChunkFilter> filters{{each.filter, each.values, ""}};
    REQUIRE(can_decode(filters));
    Bytes data = from_hex(each.hex), scratch;
    decode_chunk(filters, 0, 66, data, scratch);
    CHECK(data == expected());
  }
}

TEST_CASE("chunk codec: of a part that is wanted, the bytes are as in the whole") {
  for (const Golden& each : golden) {
    CAPTURE(each.name);
    const std::vector<ChunkFilter> filters{{each.filter, each.values, ""}};
    const Bytes whole = expected();
    for (size_t begin = 0; begin < 66; ++begin)
      for (size_t end = begin + 1; end <= 66; ++end) {
        Bytes data = from_hex(each.hex), scratch(66, std::byte(0x55));
        decode_chunk(filters, 0, 66, data, scratch, {begin, end});
        REQUIRE(data.size() == 66);
        REQUIRE(std::equal(whole.begin() + ptrdiff_t(begin), whole.begin() + ptrdiff_t(end),
                           data.begin() + ptrdiff_t(begin)));
      }
  }
}

TEST_CASE("chunk codec: blocks of which nothing is wanted are not decoded, nor looked into") {
  for (const auto& [name, block] : {std::pair("bitshuffle and LZ4", 32), std::pair("LZ4", 24)}) {
    CAPTURE(name);
    const auto* const each =
        std::find_if(std::begin(golden), std::end(golden),
                     [&](const Golden& g) { return g.name == std::string(name); });
    const std::vector<ChunkFilter> filters{{each->filter, each->values, ""}};
    Bytes damaged = from_hex(each->hex);
    for (size_t i = 16; i < 19; ++i) damaged[i] = std::byte(0xff);  // in the first block
    const auto decoded = [&](ByteRange wanted) {
      Bytes data = damaged, scratch(66, std::byte(0x55));
      decode_chunk(filters, 0, 66, data, scratch, wanted);
      return data;
    };
    const Bytes whole = expected(), part = decoded({size_t(block), 66});
    CHECK(std::equal(whole.begin() + block, whole.end(), part.begin() + block));
    CHECK(std::count(part.begin(), part.begin() + block, std::byte(0x55)) == block);
    if (each->filter == 32008)  // the other one's first block is stored as it is
      CHECK_THROWS_AS(decoded({size_t(block) - 1, 66}), Error);
    else
      CHECK(decoded({size_t(block) - 1, 66}) != whole);
    damaged.resize(damaged.size() - 1);  // where blocks lie is always looked at
    CHECK_THROWS_AS(decoded({size_t(block), size_t(block) + 1}), Error);
  }
}

TEST_CASE("chunk codec: damaged and short chunks are errors, never pixels nor a crash") {
  for (const Golden& each : golden) {
    CAPTURE(each.name);
    const std::vector<ChunkFilter> filters{{each.filter, each.values, ""}};
    const Bytes whole = from_hex(each.hex);
    for (size_t length = 0; length < whole.size(); ++length) {
      Bytes data(whole.begin(), whole.begin() + ptrdiff_t(length)), scratch;
      CHECK_THROWS_AS(decode_chunk(filters, 0, 66, data, scratch), Error);
    }
    Bytes data = whole, scratch;
    CHECK_THROWS_AS(decode_chunk(filters, 0, 68, data, scratch), Error);
    for (size_t i = 0; i < whole.size(); ++i) {  // any result or error, but within bounds
      data = whole;
      data[i] ^= std::byte(0xff);
      error_of([&] { decode_chunk(filters, 0, 66, data, scratch); });
    }
  }
}

TEST_CASE("chunk codec: a filter that did not apply to a chunk is skipped") {
  const Bytes plain = expected();
  Bytes packed(200), scratch;
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size,
           reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  packed.resize(size);
  const std::vector<ChunkFilter> filters{{2, {2}, ""}, {1, {6}, ""}};
  decode_chunk(filters, 0b01, 66, packed, scratch);
  CHECK(packed == plain);
  Bytes untouched = plain;
  decode_chunk(filters, 0b11, 66, untouched, scratch);
  CHECK(untouched == plain);
}

TEST_CASE("chunk codec: filters are named, known or not") {
  CHECK(describe({32008, {}, "bitshuffle; see there"}) == "bitshuffle (filter 32008)");
  CHECK(describe({32001, {}, "blosc"}) == "Blosc (filter 32001)");
  CHECK(describe({31999, {}, "ours"}) == "ours (filter 31999)");
  CHECK(describe({31999, {}, ""}) == "unknown (filter 31999)");
  CHECK(!can_decode({{2, {2}, ""}, {32013, {}, ""}}));
}
