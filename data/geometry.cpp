#include "data/geometry.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

#include "data/geometry_value.h"
#include "engine/check.h"
#include "engine/file_roles.h"
#include "engine/shown.h"

namespace hitsieve {
namespace {

using Panel = GeometryPanel;
constexpr size_t most_masks = 8;
constexpr size_t most_dims = 8;

int64_t axis(const std::string& value) {
  return value == "%"    ? Panel::frame
         : value == "ss" ? Panel::slow_scan
         : value == "fs" ? Panel::fast_scan
                         : whole_number(value);
}

/// The rest of "dim2" or "mask1_data" after the word, as a number below `end`.
int index_after(const std::string& key, const std::string& word, size_t end) {
  const int64_t index = whole_number(key.substr(word.size(), key.find('_') - word.size()));
  check(index < int64_t(end), "'", shown(key), "': at most ", word, end - 1);
  return int(index);
}

void set_mask(Panel& panel, const std::string& key, const std::string& value) {
  const size_t underscore = key.find('_');
  const std::string old = key.substr(4),
                    what = underscore == std::string::npos ? "data" : key.substr(underscore + 1);
  const bool numbered = !old.empty() && old[0] != '_';
  GeometryMask& mask = panel.masks[numbered ? index_after(key, "mask", most_masks) : 0];
  if (what == "data")
    mask.data = value;
  else if (what == "file")
    mask.file = value;
  else if (what == "goodbits" || what == "good")
    mask.good_bits = bits(value);
  else if (what == "badbits" || what == "bad")
    mask.bad_bits = bits(value);
  else
    throw Error(text("'", shown(key), "' is not known of masks"));
}

void set_dim(Panel& panel, const std::string& key, const std::string& value) {
  const auto index = size_t(index_after(key, "dim", most_dims));
  if (panel.dims.size() <= index) panel.dims.resize(index + 1, Panel::not_given);
  panel.dims[index] = axis(value);
}

/// Keys with no meaning for which pixel is where.
bool is_passed_over(const std::string& key) {
  static const std::string keys =
      " clen coffset photon_energy photon_energy_bandwidth bandwidth wavelength electron_voltage "
      "adu_per_eV adu_per_photon peak_list peak_list_type peak_info_location saturation_map "
      "saturation_map_file badrow_direction rail_x rail_y rail_z clen_for_centering integr_radius "
      "peak_sep ";
  return key.starts_with("rigid_group") || key.starts_with("group_") ||
         keys.find(" " + key + " ") != std::string::npos;
}

/// False: nobody knows the key.
bool set_field(Panel& panel, const std::string& key, const std::string& value) {
  if (key == "data")
    panel.data = value;
  else if (key == "min_fs")
    panel.min_fs = whole_number(value);
  else if (key == "max_fs")
    panel.max_fs = whole_number(value);
  else if (key == "min_ss")
    panel.min_ss = whole_number(value);
  else if (key == "max_ss")
    panel.max_ss = whole_number(value);
  else if (key == "corner_x")
    panel.corner.x = number(value);
  else if (key == "corner_y")
    panel.corner.y = number(value);
  else if (key == "fs")
    panel.fs = direction(value);
  else if (key == "ss")
    panel.ss = direction(value);
  else if (key == "res")
    panel.res = number(value);
  else if (key == "no_index")
    panel.no_index = yes_or_no(value);
  else if (key == "mask_edge_pixels")
    panel.mask_edge_pixels = whole_number(value);
  else if (key == "max_adu" || key == "flag_morethan")
    panel.flags.above = std::min(panel.flags.above, number(value));
  else if (key == "flag_lessthan")
    panel.flags.below = std::max(panel.flags.below, number(value));
  else if (key == "flag_equal")
    panel.flags.equal.push_back(number(value));
  else if (key.starts_with("mask"))
    set_mask(panel, key, value);
  else if (key.starts_with("dim"))
    set_dim(panel, key, value);
  else
    return is_passed_over(key);
  return true;
}

void set_bad(BadRegion& bad, const std::string& key, const std::string& value) {
  if (key == "panel") {
    bad.panel = value;
    return;
  }
  const bool in_panel = key.ends_with("_fs") || key.ends_with("_ss");
  const bool first = key.ends_with("_fs") || key.ends_with("_x");
  const bool given = std::isfinite(bad.min_1) || std::isfinite(bad.max_1) ||
                     std::isfinite(bad.min_2) || std::isfinite(bad.max_2);
  const std::string axis = key.substr(std::min<size_t>(4, key.size()));
  check((key.starts_with("min_") || key.starts_with("max_")) &&
            (axis == "x" || axis == "y" || axis == "fs" || axis == "ss"),
        "'", shown(key), "' is not known of bad regions");
  check(!given || bad.in_panel == in_panel, "x and y, or fs and ss, not both in a bad region");
  bad.in_panel = in_panel;
  if (key.starts_with("min_"))
    (first ? bad.min_1 : bad.min_2) = number(value);
  else
    (first ? bad.max_1 : bad.max_2) = number(value);
}

template <class T>
T* find(std::vector<T>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](T& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

class Parser {
 public:
  explicit Parser(Geometry& geometry) : geometry_(geometry) {}

  void take(const std::string& line) {
    const size_t equals = line.find('=');
    check(equals != std::string::npos, "'", shown(line), "' is not of the form key = value");
    const std::string name = trimmed(line.substr(0, equals)),
                      value = trimmed(line.substr(equals + 1));
    const size_t slash = name.find('/');
    if (slash == std::string::npos) return take_global(name, value);
    const std::string owner = name.substr(0, slash), key = name.substr(slash + 1);
    if (owner.starts_with("bad")) {
      if (!find(geometry_.bad, owner)) geometry_.bad.emplace_back().name = owner;
      return set_bad(*find(geometry_.bad, owner), key, value);
    }
    if (!find(geometry_.panels, owner)) {
      geometry_.panels.push_back(defaults_);
      geometry_.panels.back().name = owner;
      unused_.clear();
    }
    if (!set_field(*find(geometry_.panels, owner), key, value)) unknown(key);
  }

  void finish() {
    check(unused_.empty(), geometry_.path, ": '", shown(unused_),
          "' stands below the last panel, where it has no effect");
  }

 private:
  void take_global(const std::string& key, const std::string& value) {
    if (key == "detector_shift_x" || key == "detector_shift_y") return note_shift(key, value);
    if (!set_field(defaults_, key, value)) return unknown(key);
    if (!is_passed_over(key)) unused_ = key;
  }

  void note_shift(const std::string& key, const std::string& value) {
    if (value != "0" && value != "0 m" && value != "0 mm")
      geometry_.notes.push_back(
          geometry_.path + ": " + key + " = " + shown(value) +
          " is not applied: the middle of the frame is the geometry's origin");
  }

  void unknown(const std::string& key) {
    const std::string note =
        geometry_.path + ": '" + shown(key) + "' is not known, and passed over";
    if (std::find(geometry_.notes.begin(), geometry_.notes.end(), note) == geometry_.notes.end())
      geometry_.notes.push_back(note);
  }

  Geometry& geometry_;
  Panel defaults_;
  std::string unused_;
};

void check_panel(const Panel& panel, const Panel& first, const std::string& where) {
  check(panel.min_fs >= 0 && panel.max_fs >= 0 && panel.min_ss >= 0 && panel.max_ss >= 0, where,
        ": min_fs, max_fs, min_ss and max_ss are all needed");
  check(panel.min_fs <= panel.max_fs && panel.min_ss <= panel.max_ss, where, ": fs from ",
        panel.min_fs, " to ", panel.max_fs, ", ss from ", panel.min_ss, " to ", panel.max_ss,
        " is no panel");
  check(!std::isnan(panel.corner.x) && !std::isnan(panel.corner.y), where,
        ": corner_x and corner_y are needed");
  check(!std::isnan(panel.fs.x) && !std::isnan(panel.ss.x), where, ": fs and ss are needed");
  check(std::abs(panel.fs.x * panel.ss.y - panel.fs.y * panel.ss.x) > 1e-3, where,
        ": fs and ss lead in the same direction");
  check(panel.res > 0, where, ": res is needed, pixels a metre");
  check(std::abs(panel.res - first.res) <= 1e-3 * first.res, where, ": ", panel.res,
        " pixels a metre, panel ", shown(first.name), " has ", first.res);
  check(panel.data.starts_with("/"), where, ": data = ", shown(panel.data),
        ": want a path from / on");
  for (size_t i = 0; i < panel.dims.size(); ++i) {
    check(panel.dims[i] != Panel::not_given, where, ": dim", i, " is missing");
    check(panel.dims[i] != Panel::frame || i == 0, where, ": dim", i,
          " = % is not supported: the frames' axis is the first (dim0 = %)");
  }
  for (const int64_t axis : {Panel::slow_scan, Panel::fast_scan})
    check(std::count(panel.dims.begin(), panel.dims.end(), axis) == 1, where,
          ": of its axes (dim0, dim1, ...) one is ss, one is fs, and the others are numbers");
  for (const auto& [number, mask] : panel.masks) {
    check(mask.data.starts_with("/"), where, ": mask", number, " without its dataset (mask", number,
          "_data = /path)");
    check(mask.good_bits || mask.bad_bits, where, ": mask", number, " (", shown(mask.data),
          ") has neither good nor bad bits, and would mask nothing");
  }
}

void check_bad(BadRegion& bad, Geometry& geometry) {
  const std::string where = geometry.path + ": bad region " + shown(bad.name);
  check(bad.min_1 <= bad.max_1 && bad.min_2 <= bad.max_2, where,
        ": a minimum is above its maximum");
  if (!bad.in_panel) {
    check(std::isfinite(bad.max_1 - bad.min_1) && std::isfinite(bad.max_2 - bad.min_2), where,
          ": min_x, max_x, min_y and max_y are all needed");
    return;
  }
  if (bad.panel.empty() && geometry.panels.size() == 1) bad.panel = geometry.panels[0].name;
  const Panel* panel = find(geometry.panels, bad.panel);
  check(panel, where, ": no panel '", shown(bad.panel), "'");
  check(bad.min_1 >= double(panel->min_fs) && bad.max_1 <= double(panel->max_fs) &&
            bad.min_2 >= double(panel->min_ss) && bad.max_2 <= double(panel->max_ss),
        where, ": is not inside its panel ", shown(bad.panel));
}

}  // namespace

Geometry parse_geometry(const std::string& content, const std::string& path) {
  Geometry geometry;
  geometry.path = path;
  Parser parser(geometry);
  std::istringstream lines(content);
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) try {
      const std::string entry = trimmed(line.substr(0, line.find(';')));
      if (!entry.empty()) parser.take(entry);
    } catch (const Error& error) {
      throw Error(text(path, ", line ", number, ": ", error.what()));
    }
  check(!geometry.panels.empty(), path, ": the geometry has no panels");
  parser.finish();
  for (const GeometryPanel& panel : geometry.panels)
    check_panel(panel, geometry.panels[0], path + ": panel " + shown(panel.name));
  for (BadRegion& bad : geometry.bad) check_bad(bad, geometry);
  return geometry;
}

Geometry read_geometry(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  check(bool(in), path, ": no such file, or it cannot be read");
  note_input(path);
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  check(!in.bad(), path, ": cannot be read");
  return parse_geometry(content, path);
}

}  // namespace hitsieve
