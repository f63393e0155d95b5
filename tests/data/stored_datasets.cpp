// Datasets of all kinds, see stored_frames.h.
#include <algorithm>

#include <blosc.h>
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/data/stored_frames.h"

namespace hitsieve {
namespace {

using Chunk = std::vector<std::byte>;

void append_big_endian(Chunk& out, uint64_t value, int bytes) {
  while (bytes-- > 0) out.push_back(std::byte(value >> (8 * bytes)));
}

void append(Chunk& out, const Chunk& more) { out.insert(out.end(), more.begin(), more.end()); }

Chunk lz4(const Chunk& in) {
  Chunk out(size_t(LZ4_compressBound(int(in.size()))));
  out.resize(size_t(LZ4_compress_default(reinterpret_cast<const char*>(in.data()),
                                         reinterpret_cast<char*>(out.data()), int(in.size()),
                                         int(out.size()))));
  return out;
}

Chunk zstd(const Chunk& in) {
  Chunk out(ZSTD_compressBound(in.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), in.data(), in.size(), 3));
  return out;
}

Chunk deflate(const Chunk& in) {
  Chunk out(compressBound(in.size()));
  uLongf size = out.size();
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(in.data()),
           in.size());
  out.resize(size);
  return out;
}

Chunk blosc(const Chunk& in, size_t size) {
  Chunk out(in.size() + BLOSC_MAX_OVERHEAD);
  out.resize(size_t(blosc_compress_ctx(5, BLOSC_SHUFFLE, size, in.size(), in.data(), out.data(),
                                       out.size(), "lz4", 0, 1)));
  return out;
}

Chunk shuffle(const Chunk& in, size_t size) {
  Chunk out = in;
  const size_t count = in.size() / size;
  for (size_t i = 0; i < count; ++i)
    for (size_t byte = 0; byte < size; ++byte) out[byte * count + i] = in[i * size + byte];
  return out;
}

/// Bit b of byte k of element e becomes bit e of the row of bits 8 k + b.
Chunk bits_of_block(const std::byte* in, size_t count, size_t size) {
  Chunk out(count * size);
  for (size_t element = 0; element < count; ++element)
    for (size_t bit = 0; bit < 8 * size; ++bit)
      if ((in[element * size + bit / 8] >> int(bit % 8) & std::byte(1)) != std::byte(0))
        out[bit * count / 8 + element / 8] |= std::byte(1 << element % 8);
  return out;
}

Chunk bitshuffle(const Chunk& in, size_t size, unsigned coder) {
  constexpr size_t block = 64;
  Chunk out;
  append_big_endian(out, in.size(), 8), append_big_endian(out, block * size, 4);
  const size_t whole = in.size() / size / 8 * 8;
  for (size_t done = 0; done < whole; done += block) {
    const size_t count = std::min(block, whole - done);
    const Chunk bits = bits_of_block(in.data() + done * size, count, size);
    const Chunk packed = coder == 2 ? lz4(bits) : zstd(bits);
    append_big_endian(out, packed.size(), 4), append(out, packed);
  }
  out.insert(out.end(), in.begin() + ptrdiff_t(whole * size), in.end());
  return out;
}

Chunk lz4_filter(const Chunk& in) {
  Chunk out;
  append_big_endian(out, in.size(), 8), append_big_endian(out, in.size(), 4);
  const Chunk packed = lz4(in);
  const bool smaller = packed.size() < in.size();
  append_big_endian(out, smaller ? packed.size() : in.size(), 4);
  append(out, smaller ? packed : in);
  return out;
}

}  // namespace

Hdf5Id links() {
  Hdf5Id made(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(made, 1);
  return made;
}

Chunk encode(const Storing& how, Chunk bytes, size_t size) {
  for (const int filter : how.filters) {
    if (filter == 1) bytes = deflate(bytes);
    if (filter == 2) bytes = shuffle(bytes, size);
    if (filter == 32001) bytes = blosc(bytes, size);
    if (filter == 32004) bytes = lz4_filter(bytes);
    if (filter == 32008) bytes = bitshuffle(bytes, size, how.values.at(4));
    if (filter == 32015) bytes = zstd(bytes);
  }
  return bytes;
}

Hdf5Id new_file(const std::string& path) {
  return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose};
}

void store(hid_t file, const std::string& dataset, const Storing& how, const void* data) {
  const auto rank = int(how.sizes.size());
  const Hdf5Id space(H5Screate_simple(rank, how.sizes.data(), nullptr), H5Sclose);
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose), groups = links();
  const size_t size = H5Tget_size(how.type);
  if (!how.chunk.empty()) H5Pset_chunk(creation, rank, how.chunk.data());
  for (const int filter : how.filters) {
    const auto own = unsigned(size);
    const bool last = filter == how.filters.back();
    if (filter == 2)
      H5Pset_shuffle(creation);
    else
      H5Pset_filter(creation, filter, H5Z_FLAG_OPTIONAL, last ? how.values.size() : 1,
                    last ? how.values.data() : &own);
  }
  const Hdf5Id made(
      H5Dcreate2(file, dataset.c_str(), how.type, space, groups, creation, H5P_DEFAULT), H5Dclose);
  REQUIRE(made.ok());
  if (how.chunk.empty()) {
    REQUIRE(H5Dwrite(made, how.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    return;
  }
  size_t bytes = size;
  for (const hsize_t axis : how.chunk) bytes *= axis;
  std::vector<hsize_t> start(how.sizes.size(), 0);
  for (; start[0] < how.sizes[0]; start[0] += how.chunk[0]) {
    const auto* begin = static_cast<const std::byte*>(data) + start[0] * bytes;
    const Chunk encoded = encode(how, {begin, begin + bytes}, size);
    REQUIRE(H5Dwrite_chunk(made, H5P_DEFAULT, 0, start.data(), encoded.size(), encoded.data()) >=
            0);
  }
}

void store_virtual(hid_t file, const std::string& dataset, hid_t type,
                   const std::vector<hsize_t>& sizes, const std::vector<VirtualPart>& parts,
                   double fill) {
  const Hdf5Id space(H5Screate_simple(int(sizes.size()), sizes.data(), nullptr), H5Sclose);
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose), groups = links();
  H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &fill);
  for (const VirtualPart& part : parts) {
    const Hdf5Id source(H5Screate_simple(int(part.sizes.size()), part.sizes.data(), nullptr),
                        H5Sclose);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, part.start.data(), nullptr, part.count.data(),
                        nullptr);
    REQUIRE(H5Pset_virtual(creation, space, part.file.c_str(), part.dataset.c_str(), source) >= 0);
  }
  const Hdf5Id made(H5Dcreate2(file, dataset.c_str(), type, space, groups, creation, H5P_DEFAULT),
                    H5Dclose);
  REQUIRE(made.ok());
}

}  // namespace hitsieve
