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

/// Runs float32 multiply-adds on every multiprocessor; returns how many operations that were.
double multiply_adds_on_gpu();

}  // namespace hitsieve::bench
