// Deterministic division of frames into training, validation and test frames.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace hitsieve {

struct SplitSizes {
  int64_t train = 200, validate = 200;
  int64_t test = -1;  ///< -1: all that is left
};

/// Indices of frames, increasing, disjoint.
struct Split {
  std::vector<int64_t> train, validate, test;
};

/// The first `train` frames, then `validate`, then `test`; with a seed, of a random order of the
/// frames (the same for the same seed everywhere). Error when there are too few.
Split split_frames(int64_t frames, SplitSizes sizes, std::optional<uint64_t> seed = {});

}  // namespace hitsieve
