#include "benchmarks/ceilings.h"

namespace hitsieve::bench {

const Ceilings& ceilings(Device device) {
  if (device == Device::cuda) {
    static const Ceilings gpu = measure_gpu_ceilings();
    return gpu;
  }
  static const Ceilings core = measure_ceilings(false);
  return core;
}

bool gpu_answers() { return HITSIEVE_BENCHMARKS_GPU && available(Device::cuda); }

}  // namespace hitsieve::bench
