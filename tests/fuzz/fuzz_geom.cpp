// A CrystFEL geometry: parsed, and assembled where that takes no long time.
#include <algorithm>
#include <cmath>

#include "data/assembly.h"
#include "data/geometry.h"
#include "tests/fuzz/fuzz.h"

using namespace hitsieve;

namespace {

const std::string panel =
    "res = 9097.52\np/min_fs = 0\np/max_fs = 7\np/min_ss = 0\np/max_ss = 4\np/fs = x\np/ss = y\n"
    "p/corner_x = -3\np/corner_y = 0.5\n";

/// What would only be slow: frames of many pixels, and panels of many.
bool is_large(const Geometry& geometry) {
  return std::any_of(geometry.panels.begin(), geometry.panels.end(), [](const auto& each) {
    const double fs = double(each.max_fs - each.min_fs), ss = double(each.max_ss - each.min_ss);
    const double reach = std::max({std::abs(each.corner.x), std::abs(each.corner.y),
                                   fs * std::max(std::abs(each.fs.x), std::abs(each.fs.y)),
                                   ss * std::max(std::abs(each.ss.x), std::abs(each.ss.y)),
                                   std::sqrt(fs * ss) / 10});
    return reach > 200 && reach < 1 << 26;  // what is further away is an error
  });
}

}  // namespace

std::vector<std::string> seeds() {
  return {panel,
          "; LCLS\nclen = /LCLS/detector ; mm\nphoton_energy = 9000 eV\nadu_per_eV = 0.00338\n"
          "data = /entry/data\ndim0 = %\ndim1 = ss\ndim2 = fs\nmax_adu = 14000\nmask = /mask\n"
          "mask_good = 0x0000\nmask_bad = 0xffff\nmask1_data = /more\nmask1_goodbits = 3\n"
          "mask1_file = m.h5\nflag_lessthan = -5\nflag_equal = 7\nmask_edge_pixels = 1\n" +
              panel +
              "q/min_fs = 8\nq/max_fs = 11.000\nq/min_ss = 0\nq/max_ss = 3\nq/corner_x = 20.5\n"
              "q/corner_y = -18.5\nq/fs = +0.005x -1.0y +0.1z\nq/ss = x+0.005y\nq/no_index = 1\n"
              "q/what = 3\nrigid_group_q0 = q\n",
          panel +
              "badspot/panel = p\nbadspot/min_fs = 1\nbadspot/max_fs = 2\nbadspot/min_ss = 0\n"
              "badspot/max_ss = 4\nbadbox/min_x = -1\nbadbox/max_x = 5\nbadbox/min_y = -2\n"
              "badbox/max_y = 3\ndetector_shift_x = 1 mm\n",
          "data = /%/data\ndim0 = 3\ndim1 = ss\ndim2 = fs\n" + panel,
          panel + "p/fs = 1e308x+1e308x+y\np/ss = -1e308x-1e308x\n",
          panel + "p/fs = 1e308x+y\np/ss = -1e308x\np/max_fs = 1000000000\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::reads_or_explains("fuzz.geom", [&] {
    const Geometry geometry = parse_geometry({data, data + size}, "fuzz.geom");
    for (const std::string& note : geometry.notes) fuzz::check_message(note, "fuzz.geom");
    if (is_large(geometry)) return;
    std::vector<RawPanel> raw;
    for (size_t i = 0; i < geometry.panels.size(); ++i) raw.push_back({0, 1000});
    assemble(geometry, raw);
  });
  return 0;
}
