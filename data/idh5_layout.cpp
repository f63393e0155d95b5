// Frames of CXIDB entry 76, in files of the kind idh5_v1.0: groups of images below /data, what is
// known of the detector below /metadata.
#include <algorithm>
#include <cmath>

#include "data/frame_layout.h"

namespace hitsieve {
namespace {

/// Trusted from MIN_TRUSTED_VALUE to below SATURATED_VALUE, within what the type allows.
void narrow_trusted_range(FrameLayout& layout) {
  TrustedRange& trusted = layout.info.trusted;
  const std::string low = "/metadata/MIN_TRUSTED_VALUE", high = "/metadata/SATURATED_VALUE";
  if (layout.file.has(low))
    trusted.min = std::max(trusted.min, layout.file.read_value<double>(low));
  if (layout.file.has(high)) {
    const double saturated = layout.file.read_value<double>(high);
    const bool integers = layout.info.type != DType::f32;
    trusted.max =
        std::min(trusted.max, integers ? std::ceil(saturated) - 1
                                       : double(std::nextafter(float(saturated), -1e38f)));
  }
  check(trusted.min <= trusted.max, layout.info.path, ": no value is trusted: ", low, " ",
        trusted.min, ", ", high, " ", trusted.max);
}

/// Tiles (x1, y1, x2, y2), x along ss and y along fs, ends excluded. Outside of all is bad, and one
/// pixel inside each edge, whose response differs; as DIALS reads it, one tile is no mask at all.
void add_active_areas(FrameLayout& layout) {
  const std::string dataset = "/metadata/ACTIVE_AREAS";
  if (!layout.file.has(dataset)) return;
  const std::vector<int64_t> areas = layout.file.read<int64_t>(dataset);
  SourceInfo& info = layout.info;
  const std::string where = info.path + ": " + dataset;
  check(areas.size() % 4 == 0, where, ": ", areas.size(), " numbers, want four a tile");
  if (areas.size() <= 4) return;
  Mask mask{info.shape.ss, info.shape.fs, {}};
  mask.bad.assign(size_t(info.shape.pixels()), 1);
  for (size_t i = 0; i < areas.size(); i += 4) {
    const int64_t *tile = &areas[i], fs = info.shape.fs;
    check(0 <= tile[0] && tile[0] < tile[2] && tile[2] <= info.shape.ss && 0 <= tile[1] &&
              tile[1] < tile[3] && tile[3] <= fs,
          where, ": tile ", i / 4, " (", tile[0], ", ", tile[1], ", ", tile[2], ", ", tile[3],
          ") is not inside the frame of ", info.shape.ss, " x ", fs);
    for (int64_t row = tile[0] + 1; row < tile[2] - 1; ++row)
      std::fill(mask.bad.begin() + row * fs + tile[1] + 1,
                mask.bad.begin() + row * fs + std::max(tile[1] + 1, tile[3] - 1), uint8_t(0));
  }
  check(mask.masked() < int64_t(mask.bad.size()), where, ": no active pixel");
  add_mask(layout, mask, where);
  describe_mask(info, text(dataset, ", ", areas.size() / 4, " tiles, ", masked_in_words(mask)));
}

}  // namespace

bool is_idh5_place(const std::string& dataset) {
  const std::vector<std::string> names = split_path(dataset);
  return names.size() == 3 && names[0] == "data" && names[2] == "images";
}

bool is_idh5(const Hdf5File& file) {
  const std::string version = "/metadata/idh5_version";
  return file.has(version) && file.info(version).type == "string" &&
         file.read_string(version) == "idh5_v1.0";
}

void open_idh5(FrameLayout& layout, const SourceOptions& options) {
  layout.info.layout = "CXIDB 76";
  std::vector<double>& energy = layout.info.photon_energy_ev;
  for (const std::string& key : layout.file.children("/data")) {
    const std::string place = "/data/" + key, images = place + "/images";
    const std::string broken = layout.file.broken_link(images);
    check(broken.empty(), layout.info.path, ": ", broken,
          ": without it the frames have other numbers");
    if (!layout.file.has(images) ||
        (!options.dataset.empty() && split_path(options.dataset) != split_path(images)))
      continue;
    add_part(layout, images);
    add_per_frame(layout, place + "/wavelength", layout.parts.back().count(), energy,
                  [](double angstrom) { return 12398.419843320026 / angstrom; });
  }
  check(!layout.parts.empty(), layout.info.path, ": no /data/KEY/images in this idh5_v1.0 file");
  if (energy.size() != size_t(layout.info.frames)) energy.clear();
  narrow_trusted_range(layout);
  if (options.use_mask) add_active_areas(layout);
}

}  // namespace hitsieve
