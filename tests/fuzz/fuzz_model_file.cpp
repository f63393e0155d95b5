// The bytes of a model file, as damage leaves them. A file that was changed and sealed again
// (libFuzzer reads the right seal off the comparison) is passed over: its bytes are for HDF5's
// library, which leaks and may do worse on such files, and nothing here can mend that. fuzz_model
// changes what is in a file that HDF5 has no quarrel with.
#include "engine/file_seal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_model.h"

using namespace hitsieve;

namespace {

bool fits_seal(std::span<const std::byte> bytes) {
  try {
    check_seal("", bytes);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string model = fuzz::model_bytes();
  std::string unsealed = model;
  unsealed.replace(0, seal_bytes, "");
  return {model, unsealed, model.substr(0, seal_bytes), std::string("\x89HDF\r\n\x1a\n\0\0", 10)};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string whole = fuzz::model_bytes();
  const auto bytes = std::as_bytes(std::span(data, size));
  if (std::string(data, data + size) != whole && fits_seal(bytes)) return 0;
  fuzz::reads_or_explains("fuzz.h5", [&] { Model::load("fuzz.h5", bytes); });
  return 0;
}
