// Frames in, the list of hits out.
#pragma once
#include <cstdint>
#include <string>

#include "apps/decider.h"
#include "apps/inputs.h"

namespace hitsieve {

struct ScreenOptions {
  DeciderOptions decider;
  std::string output, table, json;
  InputOptions input;
  bool overwrite = false;
};

struct ScreenCounts {
  int64_t processed = 0, hits = 0, bad = 0;  ///< bad frames are not among the processed
  double seconds = 0;
  double hit_rate() const { return processed > 0 ? double(hits) / double(processed) : 0; }
};

ScreenCounts screen(const ScreenOptions& options);

}  // namespace hitsieve
