// Frames of DECTRIS detectors: the legacy master, whose /entry/data/data_000001 ... are links to
// data files, and NXmx, one dataset (often virtual) of (N, ss, fs) or (N, channel, ss, fs).
#include <algorithm>

#include "data/frame_layout.h"

namespace hitsieve {
namespace {

constexpr const char* group = "/entry/data";
constexpr const char* detector = "/entry/instrument/detector";

/// "data_000001"
bool is_number(const std::string& name) {
  return name.starts_with("data_") && name.size() > 5 && name.size() < 24 &&
         name.find_first_not_of("0123456789", 5) == std::string::npos;
}

/// data_000001, data_000002, ...: all up to the last.
std::vector<std::string> numbered(const Hdf5File& file) {
  std::vector<std::string> found;
  for (const std::string& name : file.children(group))
    if (is_number(name)) found.push_back(name);
  for (size_t i = 1; i < found.size(); ++i)
    check(std::stoll(found[i].substr(5)) == std::stoll(found[i - 1].substr(5)) + 1, file.path(),
          ": ", group, "/", found[i - 1], " is followed by ", found[i], ": what is between?");
  return found;
}

void add_channels(FrameLayout& layout, const std::string& dataset) {
  const Hdf5DatasetInfo found = layout.file.info(dataset);
  const bool channels = found.shape.size() == 4;
  check(!channels || found.shape[1] == 1, layout.info.path, ": ", text_of(found), ": has ",
        channels ? found.shape[1] : 0, " energy channels; name one by a geometry (-g, dim1 = 0)");
  const auto axes = channels ? ImageAxes::modular_frames : ImageAxes::plain;
  add_part(layout, dataset, {.axes = axes, .mask = false, .many = false});
}

/// Above saturation_value and below underload_value pixels are not trusted.
void narrow_trusted_range(FrameLayout& layout) {
  SourceInfo& info = layout.info;
  const std::string high = text(detector, "/saturation_value"),
                    low = text(detector, "/underload_value");
  for (const std::string& value : {high, low}) {
    const std::string broken = layout.file.broken_link(value);
    check(broken.empty(), info.path, ": ", broken, ": say which values count (--trusted)");
  }
  if (layout.file.has(high))
    info.trusted.max = std::min(info.trusted.max, layout.file.read_value<double>(high));
  if (layout.file.has(low))
    info.trusted.min = std::max(info.trusted.min, layout.file.read_value<double>(low));
  check(info.trusted.min <= info.trusted.max, info.path, ": no value is trusted: ", low, " ",
        info.trusted.min, ", ", high, " ", info.trusted.max);
}

void add_photon_energy(FrameLayout& layout) {
  const std::string wavelength = "/entry/instrument/beam/incident_wavelength";
  if (!layout.file.has(wavelength)) return;
  const Hdf5DatasetInfo found = layout.file.info(wavelength);
  const bool one = found.shape.empty() || (found.shape.size() == 1 && found.shape[0] == 1);
  if (!one || !found.type.starts_with("float"))
    return note(layout.info, "not used: " + text_of(found) + ", want one number");
  double angstrom = 0;
  try {
    angstrom = layout.file.read_value<double>(wavelength);
  } catch (const Error& error) {  // frames are screened without it
    note(layout.info, std::string("not used: ") + error.what());
  }
  if (angstrom > 0)
    layout.info.photon_energy_ev.assign(size_t(layout.info.frames), 12398.419843320026 / angstrom);
}

}  // namespace

bool is_nxmx_place(const std::string& dataset) {
  const std::vector<std::string> names = split_path(dataset);
  return names.size() == 3 && names[0] == "entry" && names[1] == "data" &&
         (names[2] == "data" || is_number(names[2]));
}

bool is_nxmx(const Hdf5File& file) {
  if (!is_group(file, group)) return false;
  const std::string data = text(group, "/data");
  return !numbered(file).empty() || file.has(data) || !file.broken_link(data).empty();
}

void open_nxmx(FrameLayout& layout, const SourceOptions& options) {
  layout.info.layout = "NXmx";
  std::vector<std::string> parts = numbered(layout.file);
  if (parts.empty()) parts = {"data"};
  if (!options.dataset.empty()) parts = {split_path(options.dataset).back()};
  for (const std::string& part : parts) add_channels(layout, text(group, "/", part));
  if (!options.trusted) narrow_trusted_range(layout);
  add_photon_energy(layout);
  if (!options.use_mask) return;
  std::string broken;
  for (const char* place : {"/detectorSpecific/pixel_mask", "/pixel_mask"}) {
    const std::string mask = text(detector, place);
    if (layout.file.has(mask)) return add_zero_good_mask(layout, mask);
    if (broken.empty()) broken = layout.file.broken_link(mask);
  }
  if (!broken.empty()) no_mask_there(layout, broken);
}

}  // namespace hitsieve
