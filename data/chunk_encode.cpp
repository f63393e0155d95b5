#include "data/chunk_encode.h"

#include <utility>

#include <zlib.h>

#include "engine/check.h"

namespace hitsieve {
namespace {

void shuffle(Bytes& bytes, size_t size, Bytes& scratch) {
  scratch.resize(bytes.size());
  const size_t count = bytes.size() / size;
  for (size_t byte = 0; byte < size; ++byte)
    for (size_t i = 0; i < count; ++i) scratch[byte * count + i] = bytes[i * size + byte];
  std::swap(bytes, scratch);
}

void deflate(Bytes& bytes, int level, Bytes& scratch) {
  uLongf size = compressBound(bytes.size());
  scratch.resize(size);
  const int status = compress2(reinterpret_cast<Bytef*>(scratch.data()), &size,
                               reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), level);
  check(status == Z_OK, "zlib: compress2 gives ", status);
  scratch.resize(size);
  std::swap(bytes, scratch);
}

}  // namespace

void shuffle_and_deflate(Bytes& bytes, size_t size, int level, Bytes& scratch) {
  shuffle(bytes, size, scratch);
  deflate(bytes, level, scratch);
}

}  // namespace hitsieve
