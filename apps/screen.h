// Frames in, the list of hits out.
#pragma once
#include <cstdint>
#include <string>

#include "apps/screen_outputs.h"

namespace hitsieve {

struct ScreenOptions {
  DeciderOptions decider;
  InputOptions input;
  ScreenOutputOptions output;
  int64_t misses = 0;  ///< one miss in so many is kept too; 0: none
  std::string part;    ///< "K/N"; empty: all frames
  bool resume = false;
  std::string status;  ///< empty: not written
};

/// Of all frames of this part, those that were done before it was resumed included.
ScreenCounts screen(const ScreenOptions& options);

}  // namespace hitsieve
