// What an operation on images wants to know twice: along y and along x.
#pragma once
#include <cstdint>
#include <ostream>

namespace hitsieve {

struct Pair {
  int64_t y, x;
  constexpr Pair(int64_t both) : y(both), x(both) {}  // one number means both: {.stride = 2}
  constexpr Pair(int64_t along_y, int64_t along_x) : y(along_y), x(along_x) {}
};

inline std::ostream& operator<<(std::ostream& out, const Pair& pair) {
  return out << pair.y << " x " << pair.x;
}

}  // namespace hitsieve
