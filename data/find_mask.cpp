// The rules, in order; what one finds takes no part in the next. All windows are 11 x 11 pixels if
// nothing else is said, so that air scatter and solvent rings count as background.
//   untrusted  masked, NaN or outside the trusted range in over a fifth of the frames
//   dead       the same value in every frame, unless the pixels around it collect so little (ten
//              units over all frames) that this is no wonder
//   hot, dead  the level differs from that around by over 15 % and six local deviations
//   noisy      the spread is over 2.5 times that around, and over 5 % of the level around
//   shadow     edges: the level changes by over 15 % in six pixels, and four times as steeply as is
//              usual around (60 pixels); and areas below 35 % of what is usual around (100 pixels);
//              four in a group of nine at least; two pixels more all round
// Judged on frames with a beam stop, a kapton shadow, dead lines and hot pixels whose mask was
// hidden: tests/data/test_find_mask.cpp.
#include "data/find_mask.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/pixel_maps.h"

namespace hitsieve {
namespace {

constexpr float nothing = std::numeric_limits<float>::quiet_NaN();
constexpr int64_t half_window = 5;

enum class Kind : uint8_t { good, untrusted, dead, hot, noisy, shadow };

struct Finder {
  const PixelMaps& maps;
  std::vector<Kind> kind = std::vector<Kind>(size_t(maps.shape.pixels()), Kind::good);

  size_t count() const { return kind.size(); }
  /// x where the pixel is good so far, NaN elsewhere.
  std::vector<float> good(const std::vector<float>& x) const {
    std::vector<float> kept = x;
    for (size_t i = 0; i < count(); ++i)
      if (kind[i] != Kind::good) kept[i] = nothing;
    return kept;
  }
  std::vector<float> around(const std::vector<float>& x) const {
    return window_median(good(x), maps.shape, half_window);
  }
  /// The neighbour's value, NaN outside the frame.
  float at(const std::vector<float>& x, size_t i, int64_t down, int64_t right) const {
    const int64_t row = int64_t(i) / maps.shape.fs + down;
    const int64_t column = int64_t(i) % maps.shape.fs + right;
    const bool inside = row >= 0 && row < maps.shape.ss && column >= 0 && column < maps.shape.fs;
    return inside ? x[size_t(row * maps.shape.fs + column)] : nothing;
  }

  void find_untrusted_and_dead() {
    std::vector<float> alive = maps.mean;
    for (size_t i = 0; i < count(); ++i)
      if (maps.constant[i] || maps.untrusted[i]) alive[i] = nothing;
    const std::vector<float> usual = window_median(alive, maps.shape, half_window);
    for (size_t i = 0; i < count(); ++i) {
      const bool enough = std::isnan(usual[i]) || usual[i] * float(maps.frames) > 10;
      if (maps.untrusted[i])
        kind[i] = Kind::untrusted;
      else if (maps.constant[i] && enough)
        kind[i] = Kind::dead;
    }
  }

  void find_hot_and_cold() {
    const std::vector<float> usual = around(maps.level);
    std::vector<float> off(count());
    for (size_t i = 0; i < count(); ++i) off[i] = std::abs(maps.level[i] - usual[i]);
    const std::vector<float> typical = around(off);
    for (size_t i = 0; i < count(); ++i) {
      if (kind[i] != Kind::good) continue;
      const float deviation = std::max(1.4826f * typical[i], 0.005f * usual[i]);
      if (off[i] > 6 * deviation && off[i] > 0.15f * usual[i])
        kind[i] = maps.level[i] > usual[i] ? Kind::hot : Kind::dead;
    }
  }

  void find_noisy() {
    const std::vector<float> usual = around(maps.spread), level = around(maps.level);
    for (size_t i = 0; i < count(); ++i)
      if (kind[i] == Kind::good && maps.spread[i] > 2.5f * usual[i] &&
          maps.spread[i] > 0.05f * level[i])
        kind[i] = Kind::noisy;
  }

  void find_shadows() {
    const std::vector<float> smooth = good(window_median(good(maps.level), maps.shape, 2));
    const std::vector<float> usual = around(smooth);
    std::vector<float> step(count());
    for (size_t i = 0; i < count(); ++i) {
      const float down = at(smooth, i, 3, 0) - at(smooth, i, -3, 0);
      const float right = at(smooth, i, 0, 3) - at(smooth, i, 0, -3);
      const float both = std::hypot(std::isnan(down) ? 0 : down, std::isnan(right) ? 0 : right);
      step[i] = both / std::max(usual[i], 0.02f);
    }
    const std::vector<float> usual_step = window_median(step, maps.shape, 7, 4);
    const std::vector<float> wide = window_median(smooth, maps.shape, 6, 8);
    std::vector<uint8_t> core(count());
    for (size_t i = 0; i < count(); ++i)
      core[i] = (step[i] > 0.15f && step[i] > 4 * usual_step[i]) || smooth[i] < 0.35f * wide[i];
    for (size_t i = 0; i < count(); ++i)
      if (core[i] && neighbours(core, i) >= 4) mark_around(i);
  }

  /// How many of the 3 x 3 pixels are set, the middle one included.
  int64_t neighbours(const std::vector<uint8_t>& set, size_t i) const {
    const int64_t row = int64_t(i) / maps.shape.fs, column = int64_t(i) % maps.shape.fs;
    int64_t found = 0;
    for (int64_t y = std::max<int64_t>(0, row - 1); y <= std::min(maps.shape.ss - 1, row + 1); ++y)
      for (int64_t x = std::max<int64_t>(0, column - 1);
           x <= std::min(maps.shape.fs - 1, column + 1); ++x)
        found += set[size_t(y * maps.shape.fs + x)];
    return found;
  }

  void mark_around(size_t i) {
    const int64_t row = int64_t(i) / maps.shape.fs, column = int64_t(i) % maps.shape.fs;
    for (int64_t y = std::max<int64_t>(0, row - 2); y <= std::min(maps.shape.ss - 1, row + 2); ++y)
      for (int64_t x = std::max<int64_t>(0, column - 2);
           x <= std::min(maps.shape.fs - 1, column + 2); ++x)
        if (std::abs(y - row) + std::abs(x - column) <= 2)
          if (Kind& marked = kind[size_t(y * maps.shape.fs + x)]; marked == Kind::good)
            marked = Kind::shadow;
  }

  void find_all() {
    find_untrusted_and_dead();
    find_hot_and_cold();
    find_noisy();
    find_shadows();
  }

  int64_t count_of(Kind wanted) const { return std::count(kind.begin(), kind.end(), wanted); }
};

/// Without the files that cannot be opened: a warning does not wait for them.
FrameSet openable(const FrameSet& set) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < set.size(); ++i)
    if (set.address(i).frame >= 0) indices.push_back(i);
  return set.subset(indices);
}

}  // namespace

FoundMask find_mask(const FrameSet& frames, const FindMaskOptions& options) {
  const PixelMaps maps = pixel_maps(frames, options.frames, 0, options.memory, options.progress);
  check(maps.frames >= 10, "mask: ", maps.frames,
        " frames with signal; at least 10, better 100, are needed to tell pixels from spots");
  Finder finder{maps};
  finder.find_all();
  FoundMask found;
  found.frames = maps.frames;
  found.mask = {maps.shape.ss, maps.shape.fs, std::vector<uint8_t>(finder.count())};
  for (size_t i = 0; i < finder.count(); ++i) found.mask.bad[i] = finder.kind[i] != Kind::good;
  found.untrusted = finder.count_of(Kind::untrusted), found.dead = finder.count_of(Kind::dead);
  found.hot = finder.count_of(Kind::hot), found.noisy = finder.count_of(Kind::noisy);
  found.shadow = finder.count_of(Kind::shadow);
  return found;
}

std::string looks_unmasked(const FrameSet& frames, int64_t crop, int64_t sample) {
  const FrameSet usable = openable(frames);
  if (usable.size() < 8) return "";  // too few to tell pixels from spots
  const PixelMaps maps = pixel_maps(usable, sample, crop, int64_t(256) << 20);
  Finder finder{maps};
  finder.find_untrusted_and_dead();
  finder.find_hot_and_cold();
  finder.find_shadows();
  const int64_t single = finder.count_of(Kind::hot) + finder.count_of(Kind::dead);
  const int64_t shadow = finder.count_of(Kind::shadow), all = maps.shape.pixels();
  if (single * 5000 < all && shadow * 100 < all) return "";
  return text(finder.count_of(Kind::hot), " hot, ", finder.count_of(Kind::dead), " dead and ",
              shadow, " shadowed pixels look unmasked: they can make every frame a hit; make a",
              " mask with `hitsieve mask`");
}

}  // namespace hitsieve
