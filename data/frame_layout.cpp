#include "data/frame_layout.h"

#include <algorithm>
#include <cfloat>
#include <cstdio>
#include <set>

#include "data/hdf5_filters.h"
#include "engine/file_roles.h"

namespace hitsieve {

void add_mask(FrameLayout& layout, const Mask& mask, const std::string& name) {
  SourceInfo& info = layout.info;
  check(mask.ss == info.shape.ss && mask.fs == info.shape.fs, name, ": the mask has ", mask.ss,
        " x ", mask.fs, " pixels, the frames of ", info.path, " have ", info.shape.ss, " x ",
        info.shape.fs);
  layout.mask = std::make_shared<const Mask>(layout.mask ? join(*layout.mask, mask) : mask);
}

void add_per_frame(FrameLayout& layout, const std::string& dataset, int64_t frames,
                   std::vector<double>& values, double (*convert)(double)) {
  if (!layout.file.has(dataset)) return;
  const Hdf5DatasetInfo found = layout.file.info(dataset);
  int64_t count = 1;
  for (int64_t size : found.shape) count *= size;
  const bool numbers = found.type.find("int") != std::string::npos || found.type == "float64" ||
                       found.type == "float32";
  if (!numbers || count != frames)
    return note(layout.info, "not used: " + text_of(found) + ", want one number a frame");
  try {
    for (const double value : layout.file.read<double>(dataset)) values.push_back(convert(value));
  } catch (const Error& error) {  // frames are screened without it
    note(layout.info, std::string("not used: ") + error.what());
  }
}

namespace {
constexpr const char* cxi_places[] = {"/entry_1/data_1", "/entry_1/instrument_1/detector_1"};
}

std::string masked_in_words(const Mask& mask) {
  char text[96];
  std::snprintf(text, sizeof text, "%lld of %lld pixels, %.2f %% masked", (long long)mask.masked(),
                (long long)mask.bad.size(), 100 * mask.fraction());
  return text;
}

void describe_mask(SourceInfo& info, const std::string& what) {
  info.mask += (info.mask.empty() ? "" : "; ") + what;
}

void note(SourceInfo& info, const std::string& text) {
  if (std::find(info.notes.begin(), info.notes.end(), text) == info.notes.end())
    info.notes.push_back(text);
}

void add_part(FrameLayout& layout, const std::string& dataset, ImageDataset::Options options) {
  SourceInfo& info = layout.info;
  ImageDataset part(layout.file, dataset, options);
  const PixelRule& pixels = part.pixels();
  if (layout.parts.empty()) {
    info.dataset = dataset, info.shape = part.shape(), info.storage = part.storage();
    info.stored_type = pixels.stored, info.type = pixels.memory, info.trusted = pixels.trusted;
    if (pixels.note) note(info, pixels.note);
    layout.first = {0};
  }
  check(part.shape() == info.shape && info.stored_type == pixels.stored, info.path, ": ", dataset,
        ": frames of ", part.shape().ss, " x ", part.shape().fs, " ", pixels.stored, ", those of ",
        info.dataset, " are ", info.shape.ss, " x ", info.shape.fs, " ", info.stored_type);
  info.frames += part.count();
  layout.first.push_back(info.frames);
  layout.parts.push_back(std::move(part));
}

std::vector<uint8_t> bad_pixels(const FrameMask& mask, int64_t i, const std::string& where) try {
  EncodedImage encoded;
  Bytes values, scratch;
  const Region all = whole(mask.data.shape());
  mask.data.fetch(i, all, encoded);
  mask.data.decode(encoded, all, values, scratch);
  std::vector<uint8_t> bad(size_t(all.shape.pixels()));
  by_pixel(mask.data.pixels().memory, "mask", [&]<class T>() {
    const auto* value = reinterpret_cast<const T*>(values.data());
    for (size_t k = 0; k < bad.size(); ++k) bad[k] = mask.is_bad(uint32_t(int32_t(value[k])));
  });
  return bad;
} catch (const Error& error) {
  throw Error(text(where, ": frame ", i, " ", error.what(),
                   "; --ignore-file-mask reads the frames without it"));
}

void check_half(const std::vector<uint8_t>& bad, const std::string& where,
                const std::string& rule) {
  const auto masked = std::count(bad.begin(), bad.end(), uint8_t(1));
  check(2 * size_t(masked) <= bad.size(), where, ": ", 100 * double(masked) / double(bad.size()),
        " % of the pixels would be masked; it was read as ", rule, ": is that the right polarity?");
}

void add_frame_mask(FrameLayout& layout, FrameMask mask, const std::string& what) {
  const std::string where = layout.info.path + ": " + mask.data.dataset();
  const bool zero_good = mask.good_bits == 0 && mask.bad_bits == ~uint32_t(0);
  const std::string rule =
      zero_good ? "0 = good" : text("good bits ", mask.good_bits, ", bad bits ", mask.bad_bits);
  const std::vector<uint8_t> first = bad_pixels(mask, 0, where);
  if (layout.sets == 1) check_half(first, where + ": frame 0", rule);  // else: of all sets, as read
  const Mask seen{1, int64_t(first.size()), first};
  describe_mask(layout.info,
                what + " (one a frame, " + rule + "), in frame 0 " + masked_in_words(seen));
  layout.masks.push_back(std::move(mask));
}

void add_zero_good_mask(FrameLayout& layout, const std::string& dataset) {
  const std::string where = layout.info.path + ": " + dataset;
  Mask mask;
  try {
    mask = read_mask(layout.file, dataset, MaskPolarity::zero_good);
  } catch (const Error& error) {
    throw Error(text(error.what(), "; --ignore-file-mask reads the frames without it"));
  }
  check_fraction(mask, where, MaskPolarity::zero_good);
  add_mask(layout, mask, where);
  describe_mask(layout.info, dataset + " (0 = good), " + masked_in_words(mask));
}

bool is_group(const Hdf5File& file, const std::string& path) {
  const Hdf5Lock lock;
  const Hdf5Id found(H5Oopen(file.id(), path.c_str(), H5P_DEFAULT), H5Oclose);
  return found.ok() && H5Iget_type(found) == H5I_GROUP;
}

bool is_cxi_place(const std::string& dataset) {
  return std::any_of(std::begin(cxi_places), std::end(cxi_places), [&](const std::string place) {
    return split_path(dataset) == split_path(place + "/data");  // however it is spelled
  });
}

namespace {

/// Tells whether two paths lead to the same object.
bool same_object(const Hdf5File& file, const std::string& a, const std::string& b) {
  const Hdf5Lock lock;
  H5G_stat_t first{}, second{};
  H5Gget_objinfo(file.id(), a.c_str(), true, &first);
  H5Gget_objinfo(file.id(), b.c_str(), true, &second);
  return first.fileno[0] == second.fileno[0] && first.objno[0] == second.objno[0] &&
         first.objno[1] == second.objno[1];
}

void add_cxi_mask(FrameLayout& layout, const std::string& dataset) {
  const SourceInfo& info = layout.info;
  const std::string where = info.path + ": " + dataset;
  const Hdf5DatasetInfo found = layout.file.info(dataset);
  const bool per_frame = found.shape.size() == 3 && !(found.shape[0] == 1 && info.frames != 1);
  if (!per_frame) return add_zero_good_mask(layout, dataset);
  ImageDataset masks(layout.file, dataset);
  check(masks.count() == info.frames && masks.shape() == info.shape, where, ": masks ",
        text_of(found), " for ", info.frames, " frames of ", info.shape.ss, " x ", info.shape.fs);
  check(masks.pixels().memory != DType::f32, where, ": a mask is of an integer type");
  add_frame_mask(layout, {std::move(masks)}, dataset);
}

}  // namespace

void no_mask_there(const FrameLayout& layout, const std::string& why) {
  throw Error(text(layout.info.path, ": ", why, ": the frames' mask; mend the link, or screen them",
                   " without their mask (--ignore-file-mask)"));
}

std::vector<std::string> cxi_masks(FrameLayout& layout) {
  std::vector<std::string> found, broken_links;
  for (const std::string place : cxi_places) {
    const std::string dataset = place + "/mask";
    if (const std::string broken = layout.file.broken_link(dataset); !broken.empty())
      broken_links.push_back(broken);
    if (!layout.file.has(dataset)) continue;
    if (found.empty() || !same_object(layout.file, found[0], dataset)) found.push_back(dataset);
  }
  if (found.empty() && !broken_links.empty()) no_mask_there(layout, broken_links[0]);
  return found;
}

namespace {

/// The user's range in place of the file's; masked and saturated markers of the type stay out.
void use_trusted_range(FrameLayout& layout, TrustedRange wanted) {
  TrustedRange possible = layout.parts[0].pixels().trusted;
  if (layout.info.type == DType::f32) possible = {-FLT_MAX, FLT_MAX};  // asked for, if it is so
  check(wanted.min <= wanted.max && wanted.max >= possible.min && wanted.min <= possible.max,
        layout.info.path, ": no ", layout.info.stored_type, " value is in the trusted range ",
        wanted.min, " to ", wanted.max);
  layout.info.trusted = {std::max(wanted.min, possible.min), std::min(wanted.max, possible.max)};
}

void open_cxi(FrameLayout& layout, const std::string& dataset, const SourceOptions& options) {
  layout.info.layout = "CXI";
  add_part(layout, dataset);
  if (layout.file.has_attribute(dataset, "trusted_range")) {  // hits copied by `screen`
    const auto range = layout.file.read_attribute<double>(dataset, "trusted_range");
    check(range.size() == 2, layout.info.path, ": ", dataset, "@trusted_range: ", range.size(),
          " values, want 2");
    use_trusted_range(layout, {range[0], range[1]});
  }
  if (options.use_mask)
    for (const std::string& mask : cxi_masks(layout)) add_cxi_mask(layout, mask);
  add_per_frame(layout, "/LCLS/photon_energy_eV", layout.info.frames, layout.info.photon_energy_ev,
                [](double ev) { return ev; });
}

[[noreturn]] void no_images(const Hdf5File& file) {
  std::string all;
  int64_t count = 0;
  for (const Hdf5DatasetInfo& info : file.datasets())
    if (++count <= 20) all += "\n  " + text_of(info);
  if (count > 20) all += text("\n  and ", count - 20, " more");
  throw Error(text(file.path(), ": no frames found at ", cxi_places[0], "/data, ", cxi_places[1],
                   "/data, (NXmx) /entry/data or (CXIDB 76) /data/KEY/images; name the dataset as ",
                   file.path(), ":/dataset; datasets in the file:", all.empty() ? " none" : all));
}

/// Where CXI keeps its frames; empty when the file is not laid out so.
std::string cxi_frames(const Hdf5File& file) {
  for (const std::string place : cxi_places)
    if (file.has(place + "/data")) return place + "/data";
  for (const std::string place : cxi_places) {
    const std::string broken = file.broken_link(place + "/data");
    check(broken.empty(), file.path(), ": ", broken);
  }
  return "";
}

/// Files beside the one that was given: links and virtual datasets lead to them.
void list_linked(FrameLayout& layout) {
  std::set<std::string> files;
  for (const ImageDataset& part : layout.parts)
    files.insert(part.files().begin(), part.files().end());
  for (const FrameMask& mask : layout.masks)
    files.insert(mask.data.files().begin(), mask.data.files().end());
  for (const Hdf5File& other : layout.others) files.insert(other.path());
  files.erase(layout.info.path);
  for (const std::string& file : files) note_input(file);
  layout.info.linked.assign(files.begin(), files.end());
}

}  // namespace

std::unique_ptr<FrameLayout> open_layout(const std::string& path, const SourceOptions& options) {
  register_hdf5_filters();
  auto layout = std::make_unique<FrameLayout>(Hdf5File::open(path));
  layout->info.path = path;
  if (options.geometry) {
    check(options.dataset.empty(), path, ":", options.dataset,
          ": a geometry says where the frames are; do not name a dataset with it");
    open_by_geometry(*layout, options);
  } else if (is_cxi_place(options.dataset)) {
    open_cxi(*layout, options.dataset, options);
  } else if (is_nxmx_place(options.dataset) && is_nxmx(layout->file)) {
    open_nxmx(*layout, options);
  } else if (is_idh5_place(options.dataset) && is_idh5(layout->file)) {
    open_idh5(*layout, options);
  } else if (!options.dataset.empty()) {
    layout->info.layout = "HDF5";
    add_part(*layout, options.dataset);
  } else if (is_idh5(layout->file)) {
    open_idh5(*layout, options);
  } else if (const std::string frames = cxi_frames(layout->file); !frames.empty()) {
    open_cxi(*layout, frames, options);
  } else if (is_nxmx(layout->file)) {
    open_nxmx(*layout, options);
  } else {
    no_images(layout->file);
  }
  list_linked(*layout);
  if (layout->info.mask.empty()) layout->info.mask = "none";
  if (options.trusted) use_trusted_range(*layout, *options.trusted);
  return layout;
}

}  // namespace hitsieve
