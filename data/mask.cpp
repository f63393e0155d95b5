#include "data/mask.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "data/frame_source.h"
#include "engine/file_roles.h"
#include "engine/hdf5_file.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  check(bool(in), path, ": no such file, or it cannot be read");
  note_input(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

/// The one dataset in the file that can be a mask.
std::string only_mask(const Hdf5File& file) {
  std::vector<std::string> candidates;
  std::string all;
  for (const Hdf5DatasetInfo& info : file.datasets()) {
    all += "\n  " + text_of(info);
    if (info.shape.size() == 2 && info.type.find("float") == std::string::npos)
      candidates.push_back(info.path);
  }
  check(candidates.size() == 1, file.path(), ": ", candidates.size(),
        " datasets could be the mask (ss, fs); name one as ", file.path(),
        ":/dataset; in the file are:", all.empty() ? " none" : all);
  return candidates[0];
}

}  // namespace

int64_t Mask::masked() const {
  return std::count_if(bad.begin(), bad.end(), [](uint8_t value) { return value != 0; });
}

const char* name_of(MaskPolarity polarity) {
  return polarity == MaskPolarity::zero_good ? "0 = good" : "1 = good";
}

MaskPolarity parse_polarity(const std::string& text) {
  check(text == "zero-good" || text == "one-good", "mask polarity '", text,
        "': want zero-good (CXI, NXmx, EuXFEL, SACLA) or one-good (psana, OM, SwissFEL, DIALS)");
  return text == "zero-good" ? MaskPolarity::zero_good : MaskPolarity::one_good;
}

Mask read_mask(const Hdf5File& file, const std::string& dataset, MaskPolarity polarity) {
  const Hdf5DatasetInfo info = file.info(dataset);
  std::vector<int64_t> shape = info.shape;
  if (shape.size() == 3 && shape[0] == 1) shape.erase(shape.begin());
  check(shape.size() == 2, file.path(), ": ", text_of(info), ": a mask has the shape (ss, fs)");
  check(info.type == "bool" || info.type.find("int") != std::string::npos, file.path(), ": ",
        text_of(info), ": a mask is of an integer type");
  Mask mask{shape[0], shape[1], std::vector<uint8_t>(size_t(shape[0] * shape[1]))};
  const bool zero_is_bad = polarity == MaskPolarity::one_good;
  const auto fill = [&](const auto& values) {
    std::transform(values.begin(), values.end(), mask.bad.begin(),
                   [&](auto value) { return uint8_t((value == 0) == zero_is_bad); });
  };
  if (info.type == "uint64")
    fill(file.read<uint64_t>(dataset));
  else if (info.type == "int8" || info.type == "bool")
    fill(file.read<int8_t>(dataset));
  else if (info.type == "uint8")
    fill(file.read<uint8_t>(dataset));
  else
    fill(file.read<int64_t>(dataset));
  return mask;
}

Mask load_mask(const std::string& source, MaskPolarity polarity) {
  if (ends_with(source, ".pickle") || ends_with(source, ".pkl")) {
    check(polarity == MaskPolarity::one_good, source, ": pickled masks are 1 = good; ",
          name_of(polarity), " was asked for");
    Mask mask = parse_mask_pickle(read_whole(source), source);
    check_fraction(mask, source, polarity);
    return mask;
  }
  const size_t colon = source.find(":/");
  const Hdf5File file = Hdf5File::open(source.substr(0, colon));
  Mask mask = read_mask(
      file, colon == std::string::npos ? only_mask(file) : source.substr(colon + 1), polarity);
  check_fraction(mask, source, polarity);
  return mask;
}

void write_mask(const std::string& path, const Mask& mask, const std::string& how, bool overwrite) {
  OutputFile out(path, overwrite);
  Hdf5File file = Hdf5File::create(out.temporary());
  file.write("/mask", mask.bad.data(), {mask.ss, mask.fs}, 4);
  file.write_attribute_string("/mask", "polarity", "0 = good");
  file.write_attribute_string("/mask", "how", how);
  file.close();
  out.commit();
}

Mask join(const Mask& a, const Mask& b) {
  if (a.bad.empty()) return b;
  if (b.bad.empty()) return a;
  check(a.ss == b.ss && a.fs == b.fs, "masks of ", a.ss, " x ", a.fs, " and of ", b.ss, " x ", b.fs,
        " pixels do not go together");
  Mask both = a;
  for (size_t i = 0; i < both.bad.size(); ++i) both.bad[i] = both.bad[i] || b.bad[i];
  return both;
}

Mask cut(const Mask& mask, int64_t ss0, int64_t fs0, int64_t ss, int64_t fs) {
  check(ss0 >= 0 && fs0 >= 0 && ss0 + ss <= mask.ss && fs0 + fs <= mask.fs, "mask of ", mask.ss,
        " x ", mask.fs, ": no region of ", ss, " x ", fs, " at ", ss0, ", ", fs0);
  Mask part{ss, fs, std::vector<uint8_t>(size_t(ss * fs))};
  for (int64_t row = 0; row < ss; ++row)
    std::copy_n(mask.bad.begin() + (ss0 + row) * mask.fs + fs0, fs, part.bad.begin() + row * fs);
  return part;
}

void check_fraction(const Mask& mask, const std::string& source, MaskPolarity polarity) {
  check(2 * mask.masked() <= int64_t(mask.bad.size()), source, ": ", 100 * mask.fraction(),
        " % of the pixels would be masked; it was read as ", name_of(polarity),
        ": is that the right polarity?");
}

}  // namespace hitsieve
