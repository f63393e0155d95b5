// The same frames in every layout and filter, cut short everywhere, and with parts missing.
#include <cmath>

#include <doctest/doctest.h>

#include "data/frame_set.h"
#include "tests/data/stored_frames.h"

using namespace hitsieve;

namespace {

constexpr Region middle{4, 2, {16, 16}};  // the crop

/// Whether all that opens of the layout is right; else the error must say something.
void check_right_or_refused(const StoredLayout& layout, const std::string& path, int64_t frames) {
  const std::string why = error_of([&] {
    const auto source = open_stored(layout, path);
    for (int64_t i = 0; i < source->info().frames; ++i) {
      const Frame frame = source->read(i, middle);
      REQUIRE(i < frames);
      CHECK(is_sample(frame, i, middle.ss0, middle.fs0));
    }
  });
  CHECK((why.empty() || why.size() > 20));
}

std::string refusal(const StoredLayout& layout, const std::string& path) {
  return error_of([&] { open_stored(layout, path); });
}

const StoredLayout& layout_named(const std::string& name) {
  for (const StoredLayout& layout : stored_layouts())
    if (layout.name == name) return layout;
  throw Error("no layout " + name);
}

}  // namespace

TEST_CASE("stored layouts: 240 frames are the same in every layout and filter") {
  constexpr int64_t frames = 240;
  for (const StoredLayout& layout : stored_layouts()) {
    CAPTURE(layout.name);
    const TemporaryFolder folder;
    const auto source = open_stored(layout, layout.write(folder, frames)[0]);
    const SourceInfo& info = source->info();
    REQUIRE(info.frames == frames);
    REQUIRE(info.shape == stored_shape);
    const bool floats = info.type == DType::f32;
    CHECK(floats == (std::string(layout.name) == "EuXFEL virtual CXI"));
    for (int64_t i = 0; i < frames; ++i) {
      const Frame frame = source->read(i, middle);
      CHECK(is_sample(frame, i, middle.ss0, middle.fs0));
      CHECK(good_pixels(frame) == middle.shape.pixels());
    }
  }
}

TEST_CASE("stored layouts: cut short in 20 places, each file gives right frames or a reason") {
  for (const StoredLayout& layout : stored_layouts()) {
    CAPTURE(layout.name);
    const TemporaryFolder folder;
    const std::vector<std::string> paths = layout.write(folder, 3);
    for (const std::string& path : paths) {
      CAPTURE(path);
      const std::string content = file_content(path);
      for (size_t i = 0; i < 20; ++i) {
        CAPTURE(i);
        put_file(path, content.substr(0, content.size() * i / 20));
        check_right_or_refused(layout, paths[0], 3);
      }
      put_file(path, content);
    }
    check_right_or_refused(layout, paths[0], 3);
  }
}

TEST_CASE("stored layouts: what a DECTRIS master names must be there") {
  const TemporaryFolder folder;
  const StoredLayout& layout = layout_named("DECTRIS master");
  const std::vector<std::string> paths = layout.write(folder, 5);
  CHECK(FrameSource::open(paths[0])->info().layout == "NXmx");
  CHECK_CONTAINS(FrameSource::open(paths[0])->info().mask,
                 "pixel_mask (0 = good), 0 of 480 pixels");
  std::filesystem::remove(paths[2]);
  const std::string why = refusal(layout, paths[0]);
  CHECK_CONTAINS(why, "/entry/data/data_000002");
  CHECK_CONTAINS(why, "x_data_000002.h5");
}

TEST_CASE("stored layouts: 2^n-1 and 2^n-2 of a DECTRIS detector are no pixels") {
  const TemporaryFolder folder;
  const std::string path = folder / "x.h5";
  std::vector<uint32_t> pixels(480, 7);
  pixels[0] = 4294967295u, pixels[1] = 4294967294u;
  Hdf5File file = Hdf5File::create(path);
  file.write("/entry/data/data_000001", pixels.data(), {1, 24, 20});
  file.write_value("/entry/instrument/detector/saturation_value", uint32_t(100));
  file.close();
  const auto source = FrameSource::open(path);
  CHECK(good_pixels(source->read(0)) == 478);
  CHECK(source->info().trusted.max == 100);
}

TEST_CASE("stored layouts: virtual datasets whose sources are short, missing or incomplete") {
  const TemporaryFolder folder;
  const StoredLayout& layout = layout_named("EuXFEL virtual CXI");
  const std::vector<std::string> paths = layout.write(folder, 4);
  write_dataset<float>(paths[2], "/image/data", 3, {12, 10});  // another number of frames
  std::string why = refusal(layout, paths[0]);
  CHECK_CONTAINS(
      why,
      "takes 480 values of its source module1.h5:/image/data, which does not have those: it is "
      "/image/data (3, 12, 10) float32");
  std::filesystem::remove(paths[2]);
  CHECK_CONTAINS(refusal(layout, paths[0]), "its source file module1.h5 is missing");
  layout.write(folder, 4);
  const auto write_half = [&](double fill) {
    const Hdf5Lock lock;
    const Hdf5Id file = new_file(paths[0]);
    const VirtualPart part{"module1.h5", "/image/data", {4, 12, 10}, {0, 1, 0, 0}, {4, 1, 12, 10}};
    store_virtual(file, "/entry_1/instrument_1/detector_1/data", H5T_IEEE_F32LE, {4, 4, 12, 10},
                  {part}, fill);
  };
  write_half(0);
  CHECK_CONTAINS(refusal(layout, paths[0]), "75 % of it has no source: it would be read as 0");
  write_half(std::nan(""));
  const auto source = open_stored(layout, paths[0]);
  CHECK_CONTAINS(source->info().storage, "75 % of it without a source");
  CHECK(good_pixels(source->read(1)) == 120);
}

TEST_CASE("stored layouts: modules with different frame counts, pixels and types") {
  const TemporaryFolder folder;
  const std::string geometry =
      "res = 5000\ndim0 = %\ndim1 = ss\ndim2 = fs\nmin_fs = 0\nmax_fs = 9\nmin_ss = 0\n"
      "max_ss = 11\nfs = x\nss = y\ncorner_y = 0\na/data = /a\na/corner_x = 0\n"
      "b/data = /b\nb/corner_x = -10\n";
  const StoredLayout layout{"two datasets", {}, geometry};
  const std::string path = folder / "a.h5";
  const auto write = [&]<class T>(T, int64_t frames, FrameShape shape) {
    Hdf5File file = Hdf5File::create(path);
    file.write("/a", sample_run<uint16_t>(3, {12, 10}).data(), {3, 12, 10});
    file.write("/b", sample_run<T>(frames, shape).data(), {frames, shape.ss, shape.fs});
    file.close();
  };
  write(uint16_t(), 3, {12, 10});
  auto source = open_stored(layout, path);
  CHECK(source->info().shape == FrameShape{24, 20});  // the beam is at its lower edge
  CHECK_CONTAINS(source->info().mask, "gaps between panels, 240 of 480 pixels, 50.00 % masked");
  CHECK(good_pixels(source->read(2)) == 240);
  CHECK(pixel(source->read(2), 12, 10) == sample_pixel(2, 0, 0));
  source.reset();
  write(uint16_t(), 2, {12, 10});
  CHECK_CONTAINS(refusal(layout, path), "/b has 2 frames, /a has 3");
  write(int32_t(), 3, {12, 10});
  CHECK_CONTAINS(refusal(layout, path), "pixels are int32, those of /a are uint16");
  write(uint16_t(), 3, {12, 9});
  CHECK_CONTAINS(refusal(layout, path), "panel b ends at ss 11, fs 9 (both included), but");
  StoredLayout missing = layout;
  missing.geometry += "b/data = /c\n";
  CHECK_CONTAINS(refusal(missing, path), "/c: no such dataset");
  missing.geometry = geometry + "b/dim1 = 0\nb/dim2 = ss\nb/dim3 = fs\n";
  CHECK_CONTAINS(refusal(missing, path), "test.geom gives 4 axes for it");
  CHECK_CONTAINS(
      error_of([&] {
        FrameSource::open(
            path, {.dataset = "/a",
                   .geometry = std::make_shared<const Geometry>(parse_geometry(geometry, "g"))});
      }),
      "do not name a dataset");
}

TEST_CASE("stored layouts: masks of a geometry, their bits, and values that are flags") {
  const TemporaryFolder folder;
  const StoredLayout& plain = layout_named("any HDF5 by a geometry");
  const std::string path = plain.write(folder, 2)[0];
  std::vector<uint32_t> mask(480, 4);
  mask[0] = 0x80000004u, mask[1] = 0, mask[2] = 5;
  Hdf5File file = Hdf5File::create(folder / "mask.h5");
  file.write("/mask", mask.data(), {24, 20});
  file.write("/wrong", mask.data(), {20, 24});
  file.close();
  const std::string keys = "p/mask1_file = " + (folder / "mask.h5") + "\np/mask1_data = /mask\n";
  StoredLayout layout = plain;
  layout.geometry += keys + "p/mask1_goodbits = 4\np/mask1_badbits = 0x80000000\n";
  auto source = open_stored(layout, path);
  CHECK(good_pixels(source->read(0)) == 478);
  CHECK(source->read(0).bad()[0] == 1);
  CHECK(source->read(0).bad()[2] == 0);
  CHECK_CONTAINS(source->info().mask, "/mask (good bits 4, bad bits 2147483648), 2 of 480 pixels");
  layout.geometry = plain.geometry + keys + "p/mask1_badbits = 4\n";
  CHECK_CONTAINS(refusal(layout, path), "bad bits 4: is that the right polarity?");
  layout.geometry = plain.geometry + keys + "p/mask1_badbits = 1\np/mask1_data = /wrong\n";
  CHECK_CONTAINS(refusal(layout, path), "does not have the pixels of");
  layout.geometry = plain.geometry + "p/max_adu = 100\np/flag_lessthan = 10\n";
  const Frame frame = open_stored(layout, path)->read(0);
  CHECK(frame.trusted.max == 100);
  CHECK(frame.trusted.min == 10);
  layout.geometry = plain.geometry + "p/flag_equal = 53\n";
  const auto flagged = open_stored(layout, path);
  CHECK(flagged->read(0).bad()[20] == 1);  // sample_pixel(0, 1, 0)
  CHECK(flagged->read(0, {1, 0, {4, 4}}).bad()[0] == 1);
  CHECK(good_pixels(flagged->read(0)) == 479);
}

TEST_CASE("stored layouts: a frame's mask of a modular detector goes with its pixels") {
  const TemporaryFolder folder;
  const StoredLayout& layout = layout_named("CXI, modular");
  const std::string path = layout.write(folder, 2)[0];
  std::vector<uint32_t> mask(2 * 480, 0);
  mask[480 + 2 * 120] = 9;  // the second frame's third module, stored upside down
  {
    const Hdf5Lock lock;
    const Hdf5Id file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    Storing how;
    how.type = H5T_STD_U32LE, how.sizes = {2, 4, 12, 10};
    store(file, "/entry_1/data_1/mask", how, mask.data());
  }
  const auto source = open_stored(layout, path);
  CHECK(good_pixels(source->read(0)) == 480);
  CHECK(good_pixels(source->read(1)) == 479);
  CHECK(source->read(1).bad()[23 * 20 + 9] == 1);
  CHECK(source->read(1, {20, 9, {4, 1}}).bad()[3] == 1);
  CHECK_CONTAINS(source->info().mask, "/entry_1/data_1/mask (one a frame, 0 = good), in frame 0 0");
}

TEST_CASE("stored layouts: events of a group a frame, in names and lists") {
  const TemporaryFolder folder;
  const StoredLayout& layout = layout_named("a group a frame");
  const std::string path = layout.write(folder, 3)[0];
  FrameSetOptions options;
  options.source.geometry =
      std::make_shared<const Geometry>(parse_geometry(layout.geometry, "tags.geom"));
  const FrameSet all({path}, options);
  CHECK(all.size() == 3);
  CHECK(all.name(1) == path + " tag_1001//");
  put_file(folder / "some.lst", all.name(2) + "\n" + all.name(0) + "\n");
  const FrameSet some({folder / "some.lst"}, options);
  REQUIRE(some.size() == 2);
  CHECK(some.name(0) == all.name(2));
  CHECK(is_sample(some.source(0)->read(some.address(0).frame), 2));
  put_file(folder / "bad.lst", path + " tag_7//\n");
  CHECK_CONTAINS(error_of([&] { FrameSet({folder / "bad.lst"}, options); }),
                 "has no event 'tag_7//'");
}
