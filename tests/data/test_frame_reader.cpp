#include <limits>
#include <set>

#include <doctest/doctest.h>

#include "data/frame_reader.h"
#include "tests/data/runs.h"

using namespace hitsieve;

namespace {

constexpr FrameShape shape{12, 10};

/// Frames 1 to 3 cannot be used: masked markers only, not a number, too small.
std::vector<std::string> partly_bad(const TemporaryFolder& folder) {
  write_run(folder / "good.cxi", 1, shape);
  Hdf5File file = Hdf5File::create(folder / "masked.h5");
  const std::vector<uint16_t> masked(120, 65535);
  file.write("/data", masked.data(), {12, 10});
  file.close();
  file = Hdf5File::create(folder / "nan.h5");
  const std::vector<float> nan(120, std::numeric_limits<float>::quiet_NaN());
  file.write("/data", nan.data(), {12, 10});
  file.close();
  write_run(folder / "small.cxi", 1, {7, 10});
  return {folder / "good.cxi", folder / "masked.h5:/data", folder / "nan.h5:/data",
          folder / "small.cxi", folder / "good.cxi"};
}

}  // namespace

TEST_CASE("frame reader: all frames in order, cut, for any number of threads and slots") {
  const TemporaryFolder folder;
  write_run(folder / "a.cxi", 50, shape);
  write_dataset<float>(folder / "b.h5", "/images", 30, shape);
  const FrameSet set({folder / "a.cxi", folder / "b.h5:/images"});
  for (const int threads : {1, 2, 5})
    for (const int64_t ahead : {1, 3, 100}) {
      FrameReader reader(set, {.crop = 8, .threads = threads, .ahead = ahead});
      ReadFrame read;
      for (int64_t i = 0; i < set.size(); ++i) {
        REQUIRE(reader.next(read));
        CHECK(read.index == i);
        CHECK(read.error.empty());
        CHECK(read.frame.shape == FrameShape{8, 8});
        CHECK(is_sample(read.frame, set.address(i).frame, 2, 1));
      }
      CHECK(!reader.next(read));
      CHECK(!reader.next(read));
    }
}

TEST_CASE("frame reader: memory goes round instead of growing") {
  const TemporaryFolder folder;
  write_run(folder / "a.cxi", 200, shape);
  const FrameSet set({folder / "a.cxi"});
  FrameReader reader(set, {.crop = 0, .threads = 2, .ahead = 4});
  ReadFrame read;
  std::set<const void*> buffers;
  while (reader.next(read)) buffers.insert(read.frame.pixels.data());
  CHECK(buffers.size() <= 4 + 1 + 2 * 3);  // slots, the caller's, and two a thread and codec
}

TEST_CASE(
    "frame reader: `use` gets every frame that was read, and what it throws comes in its turn") {
  const TemporaryFolder folder;
  write_run(folder / "a.cxi", 50, shape);
  const FrameSet set({folder / "a.cxi"});
  FrameReaderOptions options{.crop = 8, .threads = 3, .ahead = 5};
  std::vector<char> used(50);
  options.use = [&](const ReadFrame& read) {
    check(read.index != 40, "not this one");
    used[size_t(read.index)] = is_sample(read.frame, read.index, 2, 1);
  };
  FrameReader reader(set, options);
  ReadFrame read;
  for (int64_t i = 0; i < 40; ++i) {
    REQUIRE(reader.next(read));
    CHECK(read.index == i);
    CHECK(used[size_t(i)]);
    CHECK(read.frame.pixels.empty());
  }
  CHECK(error_of([&] { reader.next(read); }) == "not this one");
  CHECK(!reader.next(read));
}

TEST_CASE("frame reader: each step's time is counted, that of `use` where there is one") {
  const TemporaryFolder folder;
  write_run(folder / "a.cxi", 20, shape);
  const FrameSet set({folder / "a.cxi"});
  FrameReaderOptions options{.crop = 8, .threads = 3};
  for (const bool used : {false, true}) {
    if (used) options.use = [](const ReadFrame&) {};
    FrameReader reader(set, options);
    for (ReadFrame read; reader.next(read);) CHECK(read.error.empty());
    CHECK(reader.threads() == 3);
    CHECK(reader.times().read > 0);
    CHECK(reader.times().decode > 0);
    CHECK((reader.times().use > 0) == used);
  }
}

TEST_CASE("frame reader: large frames get fewer threads and places, small ones what is wanted") {
  const auto settled = [](FrameShape frame, DType type, FrameReaderOptions options) {
    SourceInfo info;
    info.shape = frame, info.type = type, info.stored_type = text(type);
    options = within_memory(options, info);
    return std::pair(options.threads, options.ahead);
  };
  using Settled = std::pair<int, int64_t>;
  const FrameShape rayonix{1920, 1920}, jungfrau{2164, 2068}, eiger{4371, 4150};
  CHECK(settled(shape, DType::u16, {.crop = 8, .threads = 64}) == Settled(64, 130));
  CHECK(settled(rayonix, DType::u16, {.threads = 2}) == Settled(2, 6));
  CHECK(settled(rayonix, DType::u16, {.threads = 4}) == Settled(4, 10));
  CHECK(settled(rayonix, DType::u16, {.threads = 64}) == Settled(64, 130));
  CHECK(settled(jungfrau, DType::f32, {.threads = 4, .ahead = 5}) == Settled(2, 5));
  CHECK(settled(jungfrau, DType::f32, {.threads = 64, .ahead = 32}) == Settled(49, 32));
  CHECK(settled(eiger, DType::i32, {.threads = 2, .ahead = 100}) == Settled(1, 2));
  CHECK(settled(eiger, DType::i32, {.threads = 64, .ahead = 100}) == Settled(13, 61));
  CHECK(settled(eiger, DType::i32, {.crop = 0, .threads = 64}) == Settled(5, 12));
  const auto [threads, ahead] = settled(shape, DType::u16, {.crop = 8});
  CHECK(threads >= 1);
  CHECK(threads <= 8);
  CHECK(ahead == 2 * threads + 2);
}

TEST_CASE("frame reader: an error comes in its frame's turn and ends the reading") {
  const TemporaryFolder folder;
  const FrameSet set(partly_bad(folder));
  FrameReader reader(set, {.crop = 8, .threads = 3});
  ReadFrame read;
  CHECK(reader.next(read));
  CHECK(is_sample(read.frame, 0, 2, 1));
  const std::string message = error_of([&] { reader.next(read); });
  CHECK_CONTAINS(message, "masked.h5 //0: /data: every pixel is masked");
  CHECK(!reader.next(read));
}

TEST_CASE("frame reader: with skip_bad the reasons come in place of the frames") {
  const TemporaryFolder folder;
  const FrameSet set(partly_bad(folder));
  FrameReader reader(set, {.crop = 8, .skip_bad = true});
  std::vector<std::string> errors;
  for (ReadFrame read; reader.next(read);) {
    errors.push_back(read.error);
    if (read.error.empty()) CHECK(is_sample(read.frame, 0, 2, 1));
  }
  REQUIRE(errors.size() == 5);
  CHECK(errors[0].empty());
  CHECK_CONTAINS(errors[1], "every pixel is masked");
  CHECK_CONTAINS(errors[2], "nan.h5 //0: /data: every pixel is masked, not a number");
  CHECK_CONTAINS(errors[3], "small.cxi: /entry_1/data_1/data: frames of 7 x 10 pixels are smaller");
  CHECK_CONTAINS(errors[3], "than the crop of 8 x 8");
  CHECK(errors[4].empty());
}

TEST_CASE("frame reader: stops cleanly wherever it is") {
  const TemporaryFolder folder;
  write_run(folder / "a.cxi", 40, shape);
  const FrameSet set({folder / "a.cxi"});
  for (int taken = 0; taken < 12; ++taken) {
    FrameReader reader(set, {.crop = 0, .threads = 4, .ahead = 2});
    ReadFrame read;
    for (int i = 0; i < taken; ++i) reader.next(read);
  }
}

TEST_CASE("content hash: the same for the same pixels in any file, another for any change") {
  const TemporaryFolder folder;
  write_run(folder / "a.cxi", 4, shape);
  write_run(folder / "b.cxi", 4, shape, {.deflate = 0});
  write_run(folder / "c.cxi", 1, shape, {.type = DType::i32});
  const auto a = FrameSource::open(folder / "a.cxi"), b = FrameSource::open(folder / "b.cxi");
  std::set<uint64_t> hashes;
  for (int64_t i = 0; i < 4; ++i) {
    CHECK(content_hash(a->read(i)) == content_hash(b->read(i)));
    hashes.insert(content_hash(a->read(i)));
  }
  Frame frame = a->read(0);
  for (std::byte& byte : frame.pixels) {
    byte ^= std::byte(1);
    hashes.insert(content_hash(frame));
    byte ^= std::byte(1);
  }
  std::swap(frame.shape.ss, frame.shape.fs);
  hashes.insert(content_hash(frame));
  hashes.insert(content_hash(FrameSource::open(folder / "c.cxi")->read(0)));
  CHECK(hashes.size() == 4 + frame.pixels.size() + 2);
}

TEST_CASE(
    "frame reader: a frame of which its own mask leaves under half is an error, or left out") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.cxi";
  std::vector<uint8_t> masks(3 * 120, 0);
  std::fill_n(masks.begin(), 60, uint8_t(1));        // half of frame 0 is no error
  std::fill_n(masks.begin() + 120, 61, uint8_t(1));  // of frame 1 a pixel more
  Hdf5File file = Hdf5File::create(path);
  file.write("/entry_1/data_1/data", sample_run<uint16_t>(3, shape).data(), {3, 12, 10});
  file.write("/entry_1/data_1/mask", masks.data(), {3, 12, 10});
  file.close();
  const auto read = [&](const FrameSet& set, bool skip_bad) {
    FrameReader reader(set, {.crop = 0, .skip_bad = skip_bad});
    std::vector<std::string> errors;
    for (ReadFrame frame; reader.next(frame);) errors.push_back(frame.error);
    return errors;
  };
  const std::string message = error_of([&] { read(FrameSet({path}), false); });
  CHECK_CONTAINS(message, "a.cxi //1: /entry_1/data_1/data: frame 1: 50.8333 % of its pixels");
  CHECK_CONTAINS(message, "/entry_1/data_1/mask (one a frame, 0 = good)");
  CHECK_CONTAINS(message, "--ignore-file-mask");
  const std::vector<std::string> errors = read(FrameSet({path}), true);
  REQUIRE(errors.size() == 3);
  CHECK(errors[0] == "");
  CHECK(errors[1] == message);
  CHECK(errors[2] == "");
  FrameSetOptions unmasked;
  unmasked.source.use_mask = false;
  CHECK(read(FrameSet({path}, unmasked), false).size() == 3);
}
