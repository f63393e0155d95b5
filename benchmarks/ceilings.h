// What the machine can do at most, measured in the same run as everything else: its memory's
// bandwidth and its multiply-adds. The CPU's are those of one core, as are the operations' times.
#pragma once
#include "engine/device.h"

namespace hitsieve::bench {

struct Ceilings {
  double copy = 0, triad = 0;  ///< bytes/s read and written: y = x and y = z + a x
  double flops = 0;            ///< float32; a multiply-add is two
  double bandwidth() const { return copy > triad ? copy : triad; }
};

/// Measured at the first call.
const Ceilings& ceilings(Device device);

/// Whether the build has real CUDA, not the emulator, and a GPU answers.
bool gpu_answers();

/// Runs float32 multiply-adds on every multiprocessor; returns how many operations that were.
double multiply_adds_on_gpu();

}  // namespace hitsieve::bench
