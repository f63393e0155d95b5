#include "data/assembly.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/shown.h"

namespace hitsieve {
namespace {

constexpr int64_t most_pixels = int64_t(1) << 26;
constexpr double hair = 1e-6;  // a centre between two places belongs to the upper one, always

int64_t width(const GeometryPanel& panel) { return panel.max_fs - panel.min_fs + 1; }
int64_t height(const GeometryPanel& panel) { return panel.max_ss - panel.min_ss + 1; }

/// From the panel's corner on.
GeometryVector position(const GeometryPanel& panel, double fs, double ss) {
  return {panel.corner.x + fs * panel.fs.x + ss * panel.ss.x,
          panel.corner.y + fs * panel.fs.y + ss * panel.ss.y};
}

/// Half the side that holds all centres on both sides of the beam.
FrameShape shape_of(const Geometry& geometry) {
  double x = 1, y = 1;
  for (const GeometryPanel& panel : geometry.panels)
    for (const double fs : {0.5, double(width(panel)) - 0.5})
      for (const double ss : {0.5, double(height(panel)) - 0.5}) {
        const GeometryVector at = position(panel, fs, ss);
        check(std::isfinite(at.x) && std::isfinite(at.y), geometry.path, ": panel ",
              shown(panel.name), " reaches too far");
        const double column = std::floor(at.x + hair), row = std::floor(at.y + hair);
        x = std::max({x, -column, column + 1}), y = std::max({y, -row, row + 1});
      }
  int64_t pixels = 0;
  for (const GeometryPanel& panel : geometry.panels) {
    pixels += std::min(width(panel), most_pixels) * std::min(height(panel), most_pixels);
    check(pixels <= most_pixels, geometry.path, ": the panels have over ", most_pixels, " pixels");
  }
  check(4 * x * y <= double(most_pixels), geometry.path, ": the panels reach ", x, " x ", y,
        " pixels from the beam, which is too far");
  return {2 * int64_t(y), 2 * int64_t(x)};
}

bool is_bad(const BadRegion& bad, const GeometryPanel& panel, int64_t fs, int64_t ss) {
  if (bad.in_panel) {
    const double at_fs = double(panel.min_fs + fs), at_ss = double(panel.min_ss + ss);
    return at_fs >= bad.min_1 && at_fs <= bad.max_1 && at_ss >= bad.min_2 && at_ss <= bad.max_2;
  }
  const GeometryVector at = position(panel, double(fs), double(ss));  // its corner, as in CrystFEL
  return at.x > bad.min_1 && at.x < bad.max_1 && at.y > bad.min_2 && at.y < bad.max_2;
}

/// The pixels of one panel that the geometry says are bad.
class BadPixels {
 public:
  BadPixels(const Geometry& geometry, const GeometryPanel& panel) : panel_(panel) {
    for (const BadRegion& bad : geometry.bad)
      if (!bad.in_panel || bad.panel == panel.name) regions_.push_back(&bad);
  }
  bool operator()(int64_t fs, int64_t ss) const {
    const int64_t edge = panel_.mask_edge_pixels;
    return panel_.no_index || fs < edge || ss < edge || fs >= width(panel_) - edge ||
           ss >= height(panel_) - edge ||
           std::any_of(regions_.begin(), regions_.end(),
                       [&](const BadRegion* bad) { return is_bad(*bad, panel_, fs, ss); });
  }

 private:
  const GeometryPanel& panel_;
  std::vector<const BadRegion*> regions_;
};

/// Puts panels into place, one after the other.
class Placing {
 public:
  Placing(const Geometry& geometry, Assembly& assembly)
      : geometry_(geometry),
        assembly_(assembly),
        distance_(assembly.raw.size()),
        lost_(geometry.panels.size()) {}

  void place(size_t number, const RawPanel& raw) {
    const GeometryPanel& panel = geometry_.panels[number];
    const BadPixels is_bad(geometry_, panel);
    for (int64_t ss = 0; ss < height(panel); ++ss)
      for (int64_t fs = 0; fs < width(panel); ++fs) {
        const GeometryVector at = position(panel, double(fs) + 0.5, double(ss) + 0.5);
        const double column = std::floor(at.x + hair), row = std::floor(at.y + hair);
        const int64_t place = (int64_t(row) + assembly_.shape.ss / 2) * assembly_.shape.fs +
                              int64_t(column) + assembly_.shape.fs / 2;
        const auto distance = float(std::hypot(at.x - column - 0.5, at.y - row - 0.5));
        if (!take(size_t(place), number, distance)) continue;
        assembly_.raw[size_t(place)] =
            int32_t(raw.origin + (panel.min_ss + ss) * raw.row + (panel.min_fs + fs) * raw.column);
        assembly_.bad.bad[size_t(place)] = is_bad(fs, ss);
      }
  }

  void check_overlaps() const {
    for (size_t i = 0; i < lost_.size(); ++i) {
      const GeometryPanel& panel = geometry_.panels[i];
      check(2 * lost_[i].pixels <= width(panel) * height(panel), geometry_.path, ": panel ",
            shown(panel.name), " lies over panel ", shown(geometry_.panels[lost_[i].to].name), ": ",
            lost_[i].pixels, " of its ", width(panel) * height(panel),
            " pixels find their place taken by other panels");
    }
  }

 private:
  struct Lost {
    int64_t pixels = 0;
    size_t to = 0;
  };

  /// Whether the place is the pixel's; what loses it is counted.
  bool take(size_t place, size_t panel, float distance) {
    uint16_t& owner = assembly_.panel[place];
    if (assembly_.raw[place] >= 0) {
      ++assembly_.lost;
      const bool nearer = distance < distance_[place] - float(hair);
      const size_t loser = nearer ? owner : panel, winner = nearer ? panel : owner;
      if (loser != winner) ++lost_[loser].pixels, lost_[loser].to = winner;
      if (!nearer) return false;
    }
    owner = uint16_t(panel), distance_[place] = distance;
    return true;
  }

  const Geometry& geometry_;
  Assembly& assembly_;
  std::vector<float> distance_;
  std::vector<Lost> lost_;
};

/// One range for all where the panels agree, else flags to look up.
void settle_flags(const Geometry& geometry, Assembly& assembly) {
  const GeometryFlags& first = geometry.panels[0].flags;
  const bool agree = std::all_of(geometry.panels.begin(), geometry.panels.end(),
                                 [&](const GeometryPanel& panel) { return panel.flags == first; });
  constexpr double most = std::numeric_limits<double>::infinity();
  assembly.trusted = agree ? TrustedRange{first.below, first.above} : TrustedRange{-most, most};
  if (agree && first.equal.empty())
    assembly.panel.clear();
  else
    for (const GeometryPanel& panel : geometry.panels) assembly.flags.push_back(panel.flags);
}

int64_t count_doubled(const std::vector<int32_t>& raw) {
  const int32_t last = raw.empty() ? -1 : *std::max_element(raw.begin(), raw.end());
  std::vector<bool> seen(size_t(last + 1));
  int64_t doubled = 0;
  for (const int32_t pixel : raw) {
    if (pixel < 0) continue;
    doubled += seen[size_t(pixel)];
    seen[size_t(pixel)] = true;
  }
  return doubled;
}

}  // namespace

Assembly assemble(const Geometry& geometry, const std::vector<RawPanel>& raw) {
  check(geometry.panels.size() < 65536, geometry.path, ": over 65535 panels");
  Assembly assembly;
  assembly.shape = shape_of(geometry);
  const auto pixels = size_t(assembly.shape.pixels());
  assembly.raw.assign(pixels, -1);
  assembly.panel.assign(pixels, 0);
  assembly.bad = {assembly.shape.ss, assembly.shape.fs, std::vector<uint8_t>(pixels)};
  Placing placing(geometry, assembly);
  for (size_t i = 0; i < geometry.panels.size(); ++i) placing.place(i, raw.at(i));
  placing.check_overlaps();
  assembly.gaps = assembly.bad;
  for (size_t i = 0; i < pixels; ++i) assembly.gaps.bad[i] = assembly.raw[i] < 0;
  assembly.doubled = count_doubled(assembly.raw);
  settle_flags(geometry, assembly);
  return assembly;
}

void gather(const Assembly& assembly, const Region& region, size_t size,
            const std::byte* raw_pixels, Bytes& pixels) {
  pixels.resize(size_t(region.shape.pixels()) * size);
  const auto copy = [&]<class T>(T) {
    const auto* from = reinterpret_cast<const T*>(raw_pixels);
    auto* to = reinterpret_cast<T*>(pixels.data());
    for (int64_t row = 0; row < region.shape.ss; ++row) {
      const int32_t* index =
          assembly.raw.data() + (region.ss0 + row) * assembly.shape.fs + region.fs0;
      for (int64_t column = 0; column < region.shape.fs; ++column)
        *to++ = index[column] < 0 ? T(0) : from[index[column]];
    }
  };
  size == 2 ? copy(uint16_t()) : copy(uint32_t());
}

Mask assembled_mask(const Assembly& assembly, const std::vector<uint8_t>& raw_bad) {
  Mask mask{assembly.shape.ss, assembly.shape.fs, std::vector<uint8_t>(assembly.raw.size())};
  for (size_t i = 0; i < mask.bad.size(); ++i)
    mask.bad[i] = assembly.raw[i] >= 0 && raw_bad[size_t(assembly.raw[i])];
  return mask;
}

}  // namespace hitsieve
