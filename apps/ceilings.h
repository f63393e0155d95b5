// What a machine's processor can do at most, measured: its memory's bandwidth and its float32
// multiply-adds.
#pragma once

namespace hitsieve {

struct Ceilings {
  double copy = 0, triad = 0;  ///< bytes/s read and written: y = x and y = z + a x
  double flops = 0;            ///< a multiply-add is two
  double bandwidth() const { return copy > triad ? copy : triad; }
};

/// Of one core, or of the threads that parallel_for uses. Takes some tenths of a second, and 200
/// MB.
Ceilings measure_ceilings(bool all_threads);

}  // namespace hitsieve
