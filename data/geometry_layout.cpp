// Frames as a CrystFEL geometry says, see geometry.h and assembly.h.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>

#include "data/frame_layout.h"

namespace hitsieve {
namespace {

/// The path with its %s replaced, in order.
std::string filled(const std::string& path, const std::vector<std::string>& values) {
  std::string result;
  size_t used = 0;
  for (const std::string& part : split_path(path))
    result += "/" + (part == "%" ? values[used++] : part);
  return result;
}

size_t placeholders(const std::string& path) {
  const std::vector<std::string> parts = split_path(path);
  return size_t(std::count(parts.begin(), parts.end(), "%"));
}

/// What the %s of `path` can stand for, so that it leads to a dataset; groups in name order. A note
/// on what may have been a group. Error: a group's dataset cannot be reached.
void expand(const Hdf5File& file, SourceInfo& info, const std::string& path,
            std::vector<std::string>& values, std::vector<std::vector<std::string>>& found) {
  if (values.size() == placeholders(path)) {
    const std::string broken = file.broken_link(filled(path, values));
    check(broken.empty(), info.path, ": ", broken, ": the frame would be left out");
    if (file.has(filled(path, values))) found.push_back(values);
    return;
  }
  std::string above;
  size_t used = 0;
  for (const std::string& part : split_path(path)) {
    if (part == "%" && used == values.size()) break;
    above += "/" + (part == "%" ? values[used++] : part);
  }
  if (above.empty()) above = "/";
  if (!file.has(above)) return;
  for (const std::string& name : file.children(above)) {
    if (const auto broken = file.broken_link(above + "/" + name); !broken.empty())
      note(info, broken + ": left out");
    if (!is_group(file, above + "/" + name)) continue;
    values.push_back(name);
    expand(file, info, path, values, found);
    values.pop_back();
  }
}

std::string joined(const std::vector<std::string>& values) {
  std::string all;
  for (const std::string& value : values) all += (all.empty() ? "" : "/") + value;
  return all;
}

/// Opens one geometry's frames into a layout.
class Opening {
 public:
  Opening(FrameLayout& layout, const Geometry& geometry, bool flagged)
      : layout_(layout), info_(layout.info), geometry_(geometry), flagged_(flagged) {
    info_.layout = "HDF5 by " + geometry.path;
    for (const std::string& text : geometry.notes) note(info_, text);
    for (const GeometryPanel& panel : geometry.panels) {
      const auto at = std::find_if(firsts_.begin(), firsts_.end(), [&](const GeometryPanel* first) {
        return first->data == panel.data;
      });
      set_of_.push_back(size_t(at - firsts_.begin()));
      if (at == firsts_.end()) firsts_.push_back(&panel);
      const GeometryPanel& first = *firsts_[set_of_.back()];
      check(panel.dims.size() == first.dims.size() && panel.has_frames() == first.has_frames(),
            where(panel), ": other axes than panel ", first.name, ", of the same dataset ",
            panel.data);
      check(panel.masks == first.masks, where(panel), ": other masks than panel ", first.name,
            ", of the same dataset ", panel.data, ", which is not supported");
      check(placeholders(panel.data) == placeholders(geometry.panels[0].data) &&
                std::count(panel.data.begin(), panel.data.end(), '%') ==
                    std::ptrdiff_t(placeholders(panel.data)),
            where(panel), ": data = ", panel.data, ": a % is a whole name of the path, and there",
            " are as many for each panel");
      check(panel.has_frames() == geometry.panels[0].has_frames(), where(panel),
            ": has an axis of frames, or none, other than panel ", geometry.panels[0].name);
    }
    layout_.sets = firsts_.size();
  }

  void open_parts() {
    std::vector<std::string> values;
    std::vector<std::vector<std::string>> groups;
    const std::string& path = firsts_[0]->data;
    if (placeholders(path) > 0) {
      expand(layout_.file, info_, path, values, groups);
      check(!groups.empty(), info_.path, ": no dataset ", path, " (the % being any group), as ",
            geometry_.path, " says");
    } else {
      groups.emplace_back();
    }
    layout_.first = {0};
    for (const std::vector<std::string>& group : groups) open_part(group, groups.size() > 8);
    if (placeholders(path) == 0) info_.events.clear();
    layout_.raw_first = {0};
    for (size_t set = 0; set < layout_.sets; ++set)
      layout_.raw_first.push_back(layout_.raw_first.back() + layout_.parts[set].shape().pixels());
    check(layout_.raw_first.back() < INT32_MAX, info_.path, ": frames of ",
          layout_.raw_first.back(), " pixels are too large");
  }

  void assemble_panels() {
    std::vector<RawPanel> raw;
    for (size_t i = 0; i < set_of_.size(); ++i)
      raw.push_back(raw_panel(geometry_.panels[i], set_of_[i]));
    auto assembly = std::make_shared<Assembly>(assemble(geometry_, raw));
    info_.shape = assembly->shape;
    for (GeometryFlags& flags : assembly->flags)
      if (!flagged_) flags.below = -HUGE_VAL, flags.above = HUGE_VAL;
    if (!assembly->flags.empty() && flagged_)
      note(info_, geometry_.path + ": each panel says which values count");
    TrustedRange& trusted = info_.trusted;
    trusted.min = std::max(trusted.min, assembly->trusted.min);
    trusted.max = std::min(trusted.max, assembly->trusted.max);
    check(trusted.min <= trusted.max, info_.path, ": no value is trusted by ", geometry_.path);
    add_if_any(assembly->gaps, "gaps between panels");
    add_if_any(assembly->bad, "bad regions of " + geometry_.path);
    if (assembly->lost > 0)
      note(info_, text(assembly->lost, " pixels found their place taken by a nearer one"));
    if (assembly->doubled > 0)
      note(info_, text(assembly->doubled, " pixels are in the frame twice: two panels take them"));
    info_.assembled = true;
    layout_.assembly = std::move(assembly);
  }

  void add_masks() {
    for (size_t set = 0; set < layout_.sets; ++set)
      for (const auto& [number, mask] : firsts_[set]->masks) add_mask_of(mask, set);
    const bool none = std::all_of(firsts_.begin(), firsts_.end(),
                                  [](const GeometryPanel* panel) { return panel->masks.empty(); });
    if (none && layout_.sets == 1 && is_cxi_place(firsts_[0]->data))
      for (const std::string& mask : cxi_masks(layout_))
        add_mask_of({mask, "", 0, ~uint32_t(0)}, 0);
  }

 private:
  std::string where(const GeometryPanel& panel) const {
    return geometry_.path + ": panel " + panel.name;
  }

  /// A dataset a set, all with as many frames.
  void open_part(const std::vector<std::string>& group, bool many) {
    for (const GeometryPanel* panel : firsts_) {
      const std::string dataset = filled(panel->data, group);
      const auto axes = panel->has_frames() ? ImageAxes::modular_frames : ImageAxes::modular;
      const Hdf5DatasetInfo found = layout_.file.info(dataset);
      check(found.shape.size() == panel->dims.size(), info_.path, ": ", text_of(found), ": ",
            geometry_.path, " gives ", panel->dims.size(), " axes for it (dim0, dim1, ...)");
      ImageDataset data(layout_.file, dataset, {.axes = axes, .mask = false, .many = many});
      accept(data, group);
      layout_.parts.push_back(std::move(data));
    }
    info_.frames = layout_.first.back();
  }

  void accept(const ImageDataset& data, const std::vector<std::string>& group) {
    const size_t set = layout_.parts.size() % layout_.sets;
    const PixelRule& pixels = data.pixels();
    if (layout_.parts.empty()) {
      info_.dataset = data.dataset(), info_.storage = data.storage();
      info_.stored_type = pixels.stored, info_.type = pixels.memory;
      info_.trusted = pixels.trusted;
      if (pixels.note) note(info_, pixels.note);
    }
    check(info_.stored_type == pixels.stored, info_.path, ": ", data.dataset(), ": pixels are ",
          pixels.stored, ", those of ", info_.dataset, " are ", info_.stored_type);
    if (set == 0) {
      layout_.first.push_back(layout_.first.back() + data.count());
      for (int64_t i = 0; i < data.count(); ++i)
        info_.events.push_back(joined(group) + "//" +
                               (firsts_[0]->has_frames() ? std::to_string(i) : ""));
    } else {
      const ImageDataset& other = layout_.parts[layout_.parts.size() - set];
      check(data.count() == other.count(), info_.path, ": ", data.dataset(), " has ", data.count(),
            " frames, ", other.dataset(), " has ", other.count(),
            ": the modules do not have the same frames");
    }
    if (layout_.parts.size() >= layout_.sets) {
      const ImageDataset& before = layout_.parts[set];
      check(data.shape() == before.shape(), info_.path, ": ", data.dataset(), ": ", data.shape().ss,
            " x ", data.shape().fs, " pixels, ", before.dataset(), " has ", before.shape().ss,
            " x ", before.shape().fs);
    }
  }

  RawPanel raw_panel(const GeometryPanel& panel, size_t set) const {
    const std::vector<hsize_t>& sizes = layout_.parts[set].sizes();
    const std::string& dataset = layout_.parts[set].dataset();
    RawPanel raw{layout_.raw_first[set], 0, 0};
    int64_t step = 1;  // from a pixel to the next along the axis
    for (size_t axis = sizes.size(); axis-- > size_t(panel.has_frames());) {
      const int64_t at = panel.dims[axis];
      if (at == GeometryPanel::slow_scan) {
        raw.row = step;
      } else if (at == GeometryPanel::fast_scan) {
        raw.column = step;
      } else {
        check(at < int64_t(sizes[axis]), where(panel), ": dim", axis, " = ", at, ", but ",
              info_.path, ": ", dataset, " has ", sizes[axis], " there");
        raw.origin += at * step;
      }
      step *= int64_t(sizes[axis]);
    }
    const auto ss = int64_t(sizes[panel.axis(GeometryPanel::slow_scan)]);
    const auto fs = int64_t(sizes[panel.axis(GeometryPanel::fast_scan)]);
    check(panel.max_ss < ss && panel.max_fs < fs, where(panel), " ends at ss ", panel.max_ss,
          ", fs ", panel.max_fs, " (both included), but ", info_.path, ": ", dataset, " has ", ss,
          " x ", fs, " pixels");
    return raw;
  }

  void add_if_any(const Mask& mask, const std::string& what) {
    if (mask.masked() == 0) return;
    add_mask(layout_, mask, what);
    describe_mask(info_, what + ", " + masked_in_words(mask));
  }

  /// The frames' own file, or the mask's, as it is given or beside the geometry.
  const Hdf5File& file_of(const GeometryMask& mask) {
    if (mask.file.empty()) return layout_.file;
    const auto beside = std::filesystem::path(geometry_.path).parent_path() / mask.file;
    const bool as_given = std::filesystem::exists(mask.file);
    layout_.others.push_back(Hdf5File::open(as_given ? mask.file : beside.string()));
    return layout_.others.back();
  }

  void add_mask_of(const GeometryMask& mask, size_t set) {
    check(mask.data.find('%') == std::string::npos, geometry_.path, ": mask ", mask.data,
          ": a mask in the groups of its frames is not supported");
    const ImageDataset& data = layout_.parts[set];
    const Hdf5File& file = file_of(mask);
    const Hdf5DatasetInfo found = file.info(mask.data);
    const std::string where = file.path() + ": " + text_of(found);
    std::vector<int64_t> image(data.sizes().begin(), data.sizes().end());
    if (firsts_[set]->has_frames()) image.erase(image.begin());
    std::vector<int64_t> frame = found.shape;
    if (frame.size() == image.size() + 1) frame.erase(frame.begin());
    check(frame == image, where, ": does not have the pixels of ", info_.path, ": ",
          data.dataset());
    const bool leading = found.shape.size() == image.size() + 1;
    const auto axes = leading ? ImageAxes::modular_frames : ImageAxes::modular;
    FrameMask opened{ImageDataset(file, mask.data, {.axes = axes, .mask = true, .many = false}),
                     set, mask.good_bits, mask.bad_bits};
    if (opened.data.count() > 1) {
      check(opened.data.count() == info_.frames, where, ": want one a frame, of ", info_.frames);
      return add_frame_mask(layout_, std::move(opened), mask.data);
    }
    add_fixed_mask(opened, set, where);
  }

  void add_fixed_mask(const FrameMask& mask, size_t set, const std::string& where) {
    const std::vector<uint8_t> bad = bad_pixels(mask, 0, where);
    const bool zero_good = mask.good_bits == 0 && mask.bad_bits == ~uint32_t(0);
    const std::string rule =
        zero_good ? "0 = good" : text("good bits ", mask.good_bits, ", bad bits ", mask.bad_bits);
    std::vector<uint8_t> raw(size_t(layout_.raw_first.back()));
    std::copy(bad.begin(), bad.end(), raw.begin() + layout_.raw_first[set]);
    fixed_.resize(raw.size());
    for (size_t i = 0; i < raw.size(); ++i) fixed_[i] |= raw[i];
    check_half(fixed_, where, rule);  // of the frame: a whole module may be bad
    const Mask assembled = assembled_mask(*layout_.assembly, raw);
    add_mask(layout_, assembled, where);
    describe_mask(info_, mask.data.dataset() + " (" + rule + "), " + masked_in_words(assembled));
  }

  FrameLayout& layout_;
  SourceInfo& info_;
  const Geometry& geometry_;
  bool flagged_;                              // by the values that panels say are bad
  std::vector<const GeometryPanel*> firsts_;  // of each set, the first panel
  std::vector<size_t> set_of_;                // of each panel
  std::vector<uint8_t> fixed_;                // raw pixels that the masks of all frames say are bad
};

}  // namespace

void open_by_geometry(FrameLayout& layout, const SourceOptions& options) {
  Opening opening(layout, *options.geometry, !options.trusted);
  opening.open_parts();
  opening.assemble_panels();
  if (options.use_mask) opening.add_masks();
}

}  // namespace hitsieve
