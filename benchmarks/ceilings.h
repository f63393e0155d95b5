// The ceilings of the device that an operation runs on; the CPU's are those of one core, as are the
// operations' times there.
#pragma once
#include "apps/ceilings.h"
#include "engine/device.h"

namespace hitsieve::bench {

/// Measured at the first call.
const Ceilings& ceilings(Device device);

/// Whether the build has real CUDA, not the emulator, and a GPU answers.
bool gpu_answers();

}  // namespace hitsieve::bench
