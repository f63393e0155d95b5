#include "apps/version.h"

#include <fmt/format.h>

#include "data/chunk_codec.h"
#include "engine/checkpoint.h"
#include "engine/device.h"
#include "engine/hdf5_lock.h"

namespace hitsieve {
namespace {

std::string cuda() {
#if HITSIEVE_HAS_CUDA
  return fmt::format("{}; here: {}", HITSIEVE_CUDA_WORDS, description(Device::cuda));
#else
  return "not in this build";
#endif
}

std::string hdf5() {
  const Hdf5Lock lock;
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

}  // namespace

std::string version_text() {
  return fmt::format(
      "hitsieve {}\n"
      "build          {}\n"
      "CUDA           {}\n"
      "HDF5           {}\n"
      "filters        {}\n"
      "model format   {}",
      version(), HITSIEVE_BUILD_WORDS, cuda(), hdf5(), decoded_filters(), Checkpoint::format);
}

}  // namespace hitsieve
