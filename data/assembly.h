// Raw pixels of a modular detector into the frame that the method needs, by its geometry.
//
// The frame is centred on the beam, where the geometry has its origin: columns go along x, rows
// along y, both upwards, and the beam is the corner of four pixels in the middle. A raw pixel goes
// where its centre lies. When the centres of several lie in one place, the one nearest to that
// place's centre stays there, of equal ones that of the earlier panel; a panel that loses over half
// of its pixels to others is an error. Places that no pixel falls on are gaps, and masked.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/frame.h"
#include "data/geometry.h"

namespace hitsieve {

/// Where a panel's pixels are in the raw image: (fs, ss) of its dataset at origin + ss * row + fs *
/// column.
struct RawPanel {
  int64_t origin = 0, row = 0, column = 1;
};

struct Assembly {
  FrameShape shape;
  std::vector<int32_t> raw;          ///< (ss, fs): index in the raw image; -1: a gap
  std::vector<uint16_t> panel;       ///< (ss, fs), where the panels' flags are looked at one by one
  std::vector<GeometryFlags> flags;  ///< of each panel; empty: `trusted` says it all
  TrustedRange trusted{0, 0};        ///< by max_adu, flag_morethan and flag_lessthan of all panels
  Mask gaps;
  Mask bad;             ///< bad regions, edges of panels, panels with no_index; not the gaps
  int64_t lost = 0;     ///< pixels that found their place taken
  int64_t doubled = 0;  ///< places with a raw pixel that another place has too
};

/// `raw` has an entry a panel. Error: a frame of over 2^26 pixels, panels of more, a panel over
/// another.
Assembly assemble(const Geometry& geometry, const std::vector<RawPanel>& raw);

/// Fills in the region of the frame, gaps with 0: `raw_pixels` of `size` bytes each.
void gather(const Assembly& assembly, const Region& region, size_t size,
            const std::byte* raw_pixels, Bytes& pixels);

/// Calls body(pixel of the region, place in the frame) for all pixels of the region, row by row.
template <class Body>
void for_places(const Assembly& assembly, const Region& region, Body&& body) {
  size_t i = 0;
  for (int64_t row = 0; row < region.shape.ss; ++row)
    for (int64_t column = 0; column < region.shape.fs; ++column)
      body(i++, size_t((region.ss0 + row) * assembly.shape.fs + region.fs0 + column));
}

/// A mask of the raw image's pixels, assembled; gaps are good in it.
Mask assembled_mask(const Assembly& assembly, const std::vector<uint8_t>& raw_bad);

}  // namespace hitsieve
