// Warp operations: each lane brings its value, and the last one to come computes all results.
#include <algorithm>
#include <bit>

#include "engine/check.h"
#include "engine/cuda_on_host/device.h"

namespace hitsieve::emu {
namespace {

struct ShuffleLane {
  uint64_t value, result;
  int source;  // a lane
};

/// The source lane of PTX's shfl.sync: `lane` itself where the segment of `width` lanes ends.
int source_lane(Shuffle kind, int lane, unsigned b, int width) {
  const int delta = int(b & 31), first = lane & -width, last = first + width - 1;
  switch (kind) {
    case Shuffle::index:
      return first | (delta & (width - 1));
    case Shuffle::up:
      return lane - delta >= first ? lane - delta : lane;
    case Shuffle::down:
      return lane + delta <= last ? lane + delta : lane;
    case Shuffle::xored:
      return (lane ^ delta) <= last ? lane ^ delta : lane;
  }
  return lane;
}

void combine_shuffle(uint32_t mask, void* const payload[32]) {
  for (int l = 0; l < 32; ++l) {
    if (!(mask >> l & 1)) continue;
    auto& lane = *static_cast<ShuffleLane*>(payload[l]);
    const void* const source = payload[lane.source];
    lane.result = source ? static_cast<const ShuffleLane*>(source)->value : ~uint64_t(0);
  }
}

struct VoteLane {
  bool predicate;
  uint32_t result;
};

void combine_ballot(uint32_t mask, void* const payload[32]) {
  uint32_t votes = 0;
  for (int l = 0; l < 32; ++l)
    if (mask >> l & 1) votes |= uint32_t(static_cast<VoteLane*>(payload[l])->predicate) << l;
  for (int l = 0; l < 32; ++l)
    if (mask >> l & 1) static_cast<VoteLane*>(payload[l])->result = votes;
}

struct MatchLane {
  uint64_t value;
  uint32_t result;
};

void combine_match(uint32_t mask, void* const payload[32]) {
  for (int l = 0; l < 32; ++l) {
    if (!(mask >> l & 1)) continue;
    auto& lane = *static_cast<MatchLane*>(payload[l]);
    lane.result = 0;
    for (int k = 0; k < 32; ++k)
      if (mask >> k & 1)
        lane.result |= uint32_t(static_cast<MatchLane*>(payload[k])->value == lane.value) << k;
  }
}

template <class T>
struct ReduceLane {
  Reduce kind;
  T value, result;
};

template <class T>
T combined(Reduce kind, T a, T b) {
  switch (kind) {
    case Reduce::sum:
      return T(uint32_t(a) + uint32_t(b));
    case Reduce::smallest:
      return std::min(a, b);
    case Reduce::largest:
      return std::max(a, b);
    case Reduce::bit_and:
      return a & b;
    case Reduce::bit_or:
      return a | b;
    case Reduce::bit_xor:
      return a ^ b;
  }
  return a;
}

template <class T>
void combine_reduce(uint32_t mask, void* const payload[32]) {
  const auto lane = [&](int l) -> ReduceLane<T>& {
    return *static_cast<ReduceLane<T>*>(payload[l]);
  };
  const int first = std::countr_zero(mask);
  T result = lane(first).value;
  for (int l = first + 1; l < 32; ++l)
    if (mask >> l & 1) result = combined(lane(l).kind, result, lane(l).value);
  for (int l = 0; l < 32; ++l)
    if (mask >> l & 1) lane(l).result = result;
}

template <class T>
T reduce_lanes(const Site& site, uint32_t mask, Reduce kind, T value) {
  ReduceLane<T> mine{kind, value, 0};
  warp_collective(site, mask, &mine, combine_reduce<T>);
  return mine.result;
}

}  // namespace

uint64_t shuffle(const Site& site, uint32_t mask, Shuffle kind, uint64_t value, unsigned b,
                 int width) {
  check(width > 0 && width <= 32 && (width & (width - 1)) == 0, site.what, " at ", site.file, ':',
        site.line, ": width ", width, " is not a power of two up to 32");
  ShuffleLane mine{value, 0, source_lane(kind, lane(), b, width)};
  warp_collective(site, mask, &mine, combine_shuffle);
  return mine.result;
}

uint32_t ballot(const Site& site, uint32_t mask, bool predicate) {
  VoteLane mine{predicate, 0};
  warp_collective(site, mask, &mine, combine_ballot);
  return mine.result;
}

uint32_t match(const Site& site, uint32_t mask, uint64_t value) {
  MatchLane mine{value, 0};
  warp_collective(site, mask, &mine, combine_match);
  return mine.result;
}

uint32_t reduce(const Site& site, uint32_t mask, Reduce kind, uint32_t value) {
  return reduce_lanes(site, mask, kind, value);
}
int32_t reduce(const Site& site, uint32_t mask, Reduce kind, int32_t value) {
  return reduce_lanes(site, mask, kind, value);
}

}  // namespace hitsieve::emu
