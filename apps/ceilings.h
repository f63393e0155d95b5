// What a machine can do at most, measured: of its processor or of its GPU the memory's bandwidth
// and the float32 multiply-adds, and of a GPU how fast frames come in.
#pragma once
#include <cstdint>

namespace hitsieve {

struct Ceilings {
  double copy = 0, triad = 0;  ///< bytes/s read and written: y = x, and y = z + a x or y += x
  double flops = 0;            ///< a multiply-add is two
  double copy_in = 0;          ///< of a GPU: bytes/s to its memory from pinned memory of the host
  double bandwidth() const { return copy > triad ? copy : triad; }
};

/// Of one core, or of the threads that parallel_for uses. Takes some tenths of a second, and 200
/// MB.
Ceilings measure_ceilings(bool all_threads);

/// Of the GPU. Takes some tenths of a second, 2 GB there at most, and 256 MB of pinned memory.
/// Error where none answers.
Ceilings measure_gpu_ceilings();

/// Multiply-adds on one core, or on every multiprocessor; returns how many operations that are.
/// `sink` is one float on the device, which may be written.
struct MultiplyAddOps {
  double (*run)(int64_t rounds, float* sink);
};

}  // namespace hitsieve
