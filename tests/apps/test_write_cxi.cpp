// screen --write-cxi: the kept frames in a file of their own.
#include <cmath>
#include <cstring>

#include <doctest/doctest.h>

#include "engine/hdf5_file.h"
#include "tests/apps/screening_run.h"

namespace {

using hitsieve::Hdf5File;
using hitsieve::Hdf5Id;

const char* const images = "/entry_1/data_1/data";

struct Chunk {
  std::vector<char> bytes;
  uint32_t filter_mask = 0;
  bool operator==(const Chunk&) const = default;
};

Chunk chunk(const Hdf5File& file, int64_t frame) {
  const hitsieve::Hdf5Lock lock;
  const Hdf5Id data(H5Dopen2(file.id(), images, H5P_DEFAULT), H5Dclose);
  const hsize_t start[3] = {hsize_t(frame), 0, 0};
  hsize_t size = 0;
  REQUIRE(H5Dget_chunk_storage_size(data, start, &size) >= 0);
  Chunk found{std::vector<char>(size), 0};
  REQUIRE(H5Dread_chunk(data, H5P_DEFAULT, start, &found.filter_mask, found.bytes.data()) >= 0);
  return found;
}

/// Events "//17" and scores of the kept frames of a table.
struct Kept {
  std::vector<int64_t> frames;
  std::vector<std::string> scores;
};
Kept kept_of(const std::string& table, bool all = false) {
  Kept kept;
  const auto lines = lines_of(file_content(table));
  for (size_t i = 1; i < lines.size(); ++i) {
    const auto fields = fields_of(lines[i]);
    if (!all && fields[3] != "hit" && fields[4] != "kept") continue;
    kept.frames.push_back(std::stoll(fields[1].substr(2)));
    kept.scores.push_back(fields[2]);
  }
  return kept;
}

Kept screen_to_cxi(const TemporaryFolder& folder, const std::string& input,
                   const std::vector<std::string>& more = {}) {
  const Result result = run(screen_arguments(
      folder, "x", input,
      joined({"--misses", "4", "--overwrite", "--write-cxi", folder / "x.cxi"}, more)));
  REQUIRE_MESSAGE(result.code == 0, result.error);
  return kept_of(folder / "x.tsv");
}

/// Screening the copy gives the scores again.
void check_scores_again(const TemporaryFolder& folder, const Kept& kept) {
  const Result again = run(screen_arguments(folder, "again", folder / "x.cxi", {"--overwrite"}));
  REQUIRE_MESSAGE(again.code == 0, again.error);
  CHECK(kept_of(folder / "again.tsv", true).scores == kept.scores);
}

/// Bitshuffle and LZ4, as hdf5plugin writes it, but for LZ4's matches: there are literals only.
std::vector<char> bitshuffled(const std::vector<uint16_t>& pixels) {
  constexpr size_t block = 4096;
  std::vector<char> out;
  const auto big_endian = [&](uint64_t value, int bytes) {
    while (bytes-- > 0) out.push_back(char(value >> (8 * bytes)));
  };
  big_endian(2 * pixels.size(), 8);
  big_endian(2 * block, 4);
  for (size_t at = 0; at < pixels.size(); at += block) {
    const size_t count = std::min(block, pixels.size() - at);
    std::vector<char> bits(2 * count, 0);
    for (size_t i = 0; i < count; ++i)
      for (size_t bit = 0; bit < 16; ++bit)
        if (pixels[at + i] >> bit & 1) bits[bit * count / 8 + i / 8] |= char(1 << i % 8);
    std::vector<char> packed = {char(0xF0)};
    size_t rest = bits.size() - 15;
    for (; rest >= 255; rest -= 255) packed.push_back(char(255));
    packed.push_back(char(rest));
    packed.insert(packed.end(), bits.begin(), bits.end());
    big_endian(packed.size(), 4);
    out.insert(out.end(), packed.begin(), packed.end());
  }
  return out;
}

/// The example's first frames in bitshuffle and LZ4, which HDF5 itself does not have.
void write_bitshuffled(const std::string& path, int64_t frames) {
  const auto pixels = Hdf5File::open(example().frames).read<uint16_t>(images);
  Hdf5File file = Hdf5File::create(path);
  file.make_group("/entry_1/data_1");
  const hitsieve::Hdf5Lock lock;
  const hsize_t shape[3] = {hsize_t(frames), 724, 724}, one[3] = {1, 724, 724};
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_chunk(creation, 3, one);
  const unsigned values[] = {0, 3, 2, 0, 2};
  H5Pset_filter(creation, 32008, H5Z_FLAG_OPTIONAL, 5, values);
  const Hdf5Id space(H5Screate_simple(3, shape, nullptr), H5Sclose);
  const Hdf5Id data(
      H5Dcreate2(file.id(), images, H5T_STD_U16LE, space, H5P_DEFAULT, creation, H5P_DEFAULT),
      H5Dclose);
  for (int64_t i = 0; i < frames; ++i) {
    const auto begin = pixels.begin() + ptrdiff_t(i * 724 * 724);
    const std::vector<char> bytes = bitshuffled({begin, begin + 724 * 724});
    const hsize_t start[3] = {hsize_t(i), 0, 0};
    REQUIRE(H5Dwrite_chunk(data, H5P_DEFAULT, 0, start, bytes.size(), bytes.data()) >= 0);
  }
}

}  // namespace

TEST_CASE("hits are copied chunk by chunk, with what is known of each shot") {
  const TemporaryFolder folder;
  const Kept kept = screen_to_cxi(folder, example().frames);
  REQUIRE(kept.frames.size() > 5);
  REQUIRE(kept.frames.size() < ExampleRun::count);
  const Hdf5File from = Hdf5File::open(example().frames), to = Hdf5File::open(folder / "x.cxi");
  const auto labels = from.read<uint8_t>("/entry_1/labels");
  const auto energies = from.read<double>("/LCLS/photon_energy_eV");
  const auto names = from.read_strings("/entry_1/experiment_identifier");
  const auto labels_to = to.read<uint8_t>("/entry_1/labels");
  const auto energies_to = to.read<double>("/LCLS/photon_energy_eV");
  const auto names_to = to.read_strings("/entry_1/experiment_identifier");
  CHECK(to.read<double>("/LCLS/detector_1/EncoderValue").size() == kept.frames.size());
  CHECK(to.read<int64_t>("/entry_1/result_1/source_frame") == kept.frames);
  CHECK(to.read_strings("/entry_1/result_1/source_file")[0] == example().frames);
  REQUIRE(labels_to.size() == kept.frames.size());
  for (size_t i = 0; i < kept.frames.size(); ++i) {
    const auto frame = size_t(kept.frames[i]);
    CHECK(chunk(to, int64_t(i)) == chunk(from, int64_t(frame)));
    CHECK(labels_to[i] == labels[frame]);
    CHECK(energies_to[i] == energies[frame]);
    CHECK(names_to[i] == names[frame]);
  }
  CHECK(to.read<uint8_t>("/entry_1/data_1/mask") == from.read<uint8_t>("/entry_1/data_1/mask"));
  check_scores_again(folder, kept);
  const Result evaluated = run({"evaluate", "-m", example().model, "-i", folder / "x.cxi"});
  CHECK_MESSAGE(evaluated.code == 0, evaluated.error);
}

TEST_CASE("peaks of the copied hits: CrystFEL's datasets, on the frame, on unmasked pixels") {
  const TemporaryFolder folder;
  const Kept kept = screen_to_cxi(folder, example().frames);
  const Hdf5File file = Hdf5File::open(folder / "x.cxi");
  const std::string result = "/entry_1/result_1/";
  const auto count = file.read<int32_t>(result + "nPeaks");
  const auto x = file.read<float>(result + "peakXPosRaw");
  const auto y = file.read<float>(result + "peakYPosRaw");
  const auto intensity = file.read<float>(result + "peakTotalIntensity");
  const auto hit = file.read<uint8_t>(result + "hitsieve_hit");
  const auto score = file.read<float>(result + "hitsieve_score");
  const auto mask = file.read<uint8_t>("/entry_1/data_1/mask");
  const auto pixels = file.read<uint16_t>(images);
  const auto shape = file.info(result + "peakXPosRaw").shape;
  REQUIRE(shape.size() == 2);
  REQUIRE(shape[0] == int64_t(kept.frames.size()));
  REQUIRE(count.size() == kept.frames.size());
  const auto most = size_t(shape[1]);
  int64_t all = 0, bright = 0;
  for (size_t i = 0; i < count.size(); ++i) {
    CHECK(std::fabs(score[i] - std::stof(kept.scores[i])) < 1e-6f);
    REQUIRE(size_t(count[i]) <= most);
    for (size_t k = 0; k < most; ++k) {
      const size_t at = i * most + k;
      if (k >= size_t(count[i])) {
        CHECK(intensity[at] == 0);
        continue;
      }
      REQUIRE((x[at] >= 0 && x[at] <= 723 && y[at] >= 0 && y[at] <= 723));
      CHECK(intensity[at] > 0);
      const auto pixel = size_t(std::lround(y[at])) * 724 + size_t(std::lround(x[at]));
      ++all;
      bright += !mask[pixel] && pixels[i * 724 * 724 + pixel] > 20;
    }
  }
  CHECK(all > int64_t(count.size()));
  CHECK(double(bright) > 0.9 * double(all));  // x and y taken for each other, it would not be
  int64_t hits = 0;
  for (const uint8_t is : hit) hits += is;
  CHECK(hits == int64_t(lines_of(file_content(folder / "x.lst")).size()));
  CHECK(hits < int64_t(hit.size()));  // kept misses too
}

TEST_CASE("--write-peaks: the peaks alone, as beside the copied frames; also of the spot finder") {
  const TemporaryFolder folder;
  screen_to_cxi(folder, example().frames, {"--write-peaks", folder / "peaks.cxi"});
  const Hdf5File alone = Hdf5File::open(folder / "peaks.cxi");
  const Hdf5File beside = Hdf5File::open(folder / "x.cxi");
  CHECK(!alone.has("/entry_1/data_1"));
  const std::string result = "/entry_1/result_1/";
  for (const std::string name : {"peakXPosRaw", "peakYPosRaw", "peakTotalIntensity"})
    CHECK(alone.read<float>(result + name) == beside.read<float>(result + name));
  CHECK(alone.read<int32_t>(result + "nPeaks") == beside.read<int32_t>(result + "nPeaks"));
  CHECK(alone.read<int64_t>(result + "source_frame") ==
        beside.read<int64_t>(result + "source_frame"));

  const Result counted = run({"screen", "--method", "peaks", "-i", example().frames, "-o",
                              folder / "p.lst", "--write-peaks", folder / "p.cxi"});
  REQUIRE_MESSAGE(counted.code == 0, counted.error);
  const auto peaks = Hdf5File::open(folder / "p.cxi").read<int32_t>(result + "nPeaks");
  CHECK(peaks.size() == lines_of(file_content(folder / "p.lst")).size());
  const Result again = run({"screen", "--method", "peaks", "-i", example().frames, "-o",
                            folder / "q.lst", "--write-peaks", folder / "p.cxi"});
  CHECK(again.code == 4);
  CHECK_CONTAINS(again.error, "p.cxi");
}

TEST_CASE("parts and merge write the same CXI file as one process") {
  const TemporaryFolder folder;
  const Kept kept = screen_to_cxi(folder, example().frames, {"-j", "1"});
  for (const std::string k : {"1", "2"})
    REQUIRE(run({"screen", "-m", example().model, "-i", example().frames, "--misses", "4", "-o",
                 folder / (k + ".lst"), "--part", k + "/2"})
                .code == 0);
  const Result merged = run({"merge", "-o", folder / "all.lst", "--write-cxi", folder / "all.cxi",
                             folder / "1.lst", folder / "2.lst"});
  CHECK_MESSAGE(merged.code == 0, merged.error);
  CHECK(file_content(folder / "all.cxi") == file_content(folder / "x.cxi"));
}

TEST_CASE("chunks of a filter that HDF5 does not have are copied too") {
  const TemporaryFolder folder;
  write_bitshuffled(folder / "b.cxi", 12);
  const Kept kept = screen_to_cxi(folder, folder / "b.cxi");
  REQUIRE(!kept.frames.empty());
  const Hdf5File from = Hdf5File::open(folder / "b.cxi"), to = Hdf5File::open(folder / "x.cxi");
  for (size_t i = 0; i < kept.frames.size(); ++i)
    CHECK(chunk(to, int64_t(i)) == chunk(from, kept.frames[i]));
  check_scores_again(folder, kept);
  // Frames stored otherwise go beside them, as they are.
  const std::string both =
      write_list(folder / "both.lst",
                 {folder / "b.cxi", example().frames + " //1", example().frames + " //2"});
  check_scores_again(folder, screen_to_cxi(folder, both, {"--ignore-file-mask"}));
}

TEST_CASE("contiguous frames of a named dataset, with a mask and trusted values given") {
  const TemporaryFolder folder;
  const auto pixels = Hdf5File::open(example().frames).read<uint16_t>(images);
  Hdf5File file = Hdf5File::create(folder / "plain.h5");
  file.write("/frames", pixels.data(), {ExampleRun::count, 724, 724});
  file.close();
  const Kept kept =
      screen_to_cxi(folder, folder / "plain.h5",
                    {"--dataset", "/frames", "--mask", example().frames + ":/entry_1/data_1/mask",
                     "--trusted", "0,3000"});
  REQUIRE(!kept.frames.empty());
  const auto copied = Hdf5File::open(folder / "x.cxi").read<uint16_t>(images);
  REQUIRE(copied.size() == kept.frames.size() * 724 * 724);
  for (size_t i = 0; i < kept.frames.size(); ++i)
    CHECK(std::memcmp(&copied[i * 724 * 724], &pixels[size_t(kept.frames[i]) * 724 * 724],
                      2 * 724 * 724) == 0);
  check_scores_again(folder, kept);
}

TEST_CASE("frames that do not go into one file are named, what exists is refused") {
  const TemporaryFolder folder;
  write_frames(folder / "large.h5", {.frames = 8, .ss = 730, .fs = 740});
  const std::string both = write_list(folder / "both.lst", {example().frames, folder / "large.h5"});
  std::vector<std::string> arguments = screen_arguments(
      folder, "y", both, {"--misses", "1", "--write-cxi", folder / "y.cxi", "--ignore-file-mask"});
  const Result mixed = run(arguments);
  CHECK(mixed.code == 3);
  CHECK_CONTAINS(mixed.error, "large.h5: 730 x 740 uint16");
  CHECK(mixed.error.find("screening") == std::string::npos);  // before any work
  CHECK(!exists(folder / "y.lst.journal"));
  CHECK(!exists(folder / "y.cxi"));
  CHECK(!exists(folder / "y.lst"));
  put_file(folder / "z.cxi", "precious");
  const Result refused =
      run(screen_arguments(folder, "z", example().frames, {"--write-cxi", folder / "z.cxi"}));
  CHECK(refused.code == 4);
  CHECK_CONTAINS(refused.error, "z.cxi: exists");
  CHECK(file_content(folder / "z.cxi") == "precious");
}
