// How many blocks or elements a launch has, together with the line that launches it: a default
// argument cannot follow launch's parameter pack, so these carry the line for messages.
#pragma once
#include <cstdint>
#include <type_traits>

#include "engine/check.h"

namespace hitsieve {

/// The size of a grid: a count, {x, y}, {x, y, z} or a dim3.
struct LaunchGrid {
  LaunchGrid(dim3 size, const char* f = __builtin_FILE(), int l = __builtin_LINE())
      : blocks(size), file(f), line(l) {}
  template <class X, class = std::enable_if_t<std::is_integral_v<X>>>
  LaunchGrid(X x, const char* f = __builtin_FILE(), int l = __builtin_LINE())
      : LaunchGrid(x, 1, 1, f, l) {}
  template <class X, class Y, class = std::enable_if_t<std::is_integral_v<Y>>>
  LaunchGrid(X x, Y y, const char* f = __builtin_FILE(), int l = __builtin_LINE())
      : LaunchGrid(x, y, 1, f, l) {}
  template <class X, class Y, class Z, class = std::enable_if_t<std::is_integral_v<Z>>>
  LaunchGrid(X x, Y y, Z z, const char* f = __builtin_FILE(), int l = __builtin_LINE())
      : blocks(unsigned(x), unsigned(y), unsigned(z)), file(f), line(l) {
    check(x > 0 && y > 0 && z > 0 && uint64_t(x) <= 0x7fffffff && uint64_t(y) <= 65535 &&
              uint64_t(z) <= 65535,
          "grid of (", x, ',', y, ',', z, ") blocks launched at ", f, ':', l, " is impossible");
  }
  dim3 blocks;
  const char* file;
  int line;
};

/// A number of elements.
struct LaunchCount {
  template <class I, class = std::enable_if_t<std::is_integral_v<I>>>
  LaunchCount(I n, const char* f = __builtin_FILE(), int l = __builtin_LINE())
      : count(int64_t(n)), file(f), line(l) {}
  int64_t count;
  const char* file;
  int line;
};

}  // namespace hitsieve
