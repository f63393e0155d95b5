// What the C interface refuses, and that it says so without an exception and leaves no trace.
#include <cmath>
#include <functional>
#include <limits>

#include <doctest/doctest.h>
#include <hdf5.h>
#include <hitsieve/hitsieve.h>

#include "tests/apps/library/opened.h"

namespace {

struct Opening {
  int32_t code;
  std::string text;
};

Opening open(const std::string& path, int32_t device = HITSIEVE_CPU) {
  auto* screener = reinterpret_cast<hitsieve_screener*>(1);
  hitsieve_error error;
  const int32_t code = hitsieve_open(path.c_str(), device, &screener, &error);
  CHECK((screener == nullptr) == (code != HITSIEVE_OK));
  CHECK(error.code == code);
  hitsieve_close(screener);
  return {code, error.text};
}

Opening open_memory(const std::string& content) {
  auto* screener = reinterpret_cast<hitsieve_screener*>(1);
  hitsieve_error error;
  const int32_t code =
      hitsieve_open_memory(content.data(), content.size(), HITSIEVE_CPU, &screener, &error);
  CHECK((screener == nullptr) == (code != HITSIEVE_OK));
  hitsieve_close(screener);
  return {code, error.text};
}

/// Noise that `change` spoils is refused with a text that contains `words`.
void check_refused(const std::string& words, const std::function<void(hitsieve_frames&)>& change) {
  CAPTURE(words);
  static const Opened opened(model_file());
  static const auto pixels = as<uint16_t>(noise(2, 70, 70));
  auto frames = hitsieve_packed_frames(pixels.data(), HITSIEVE_UINT16, 2, 70, 70);
  change(frames);
  hitsieve_result results[2];
  hitsieve_error error;
  CHECK(hitsieve_screen(opened.get(), &frames, results, &error) == HITSIEVE_ERROR_ARGUMENT);
  CHECK(error.code == HITSIEVE_ERROR_ARGUMENT);
  CHECK_CONTAINS(error.text, words);
}

}  // namespace

TEST_CASE("a model from a file and from memory says what it is and wants") {
  const std::string content = file_content(model_file());
  CHECK(open(model_file()).code == HITSIEVE_OK);
  CHECK(open_memory(content).code == HITSIEVE_OK);
  const Opened vectors(model_file()), images(image_model_file());
  CHECK(hitsieve_crop(vectors.get()) == model_crop);
  CHECK(hitsieve_threshold(vectors.get()) == 0.5);
  CHECK(std::string(hitsieve_method(vectors.get())) == "rwd");
  CHECK(std::string(hitsieve_mask(vectors.get())) == "none");
  CHECK(std::string(hitsieve_method(images.get())) == "cnn");
  CHECK(std::string(hitsieve_mask(images.get())) == "given (0 = good)");
  CHECK(hitsieve_crop(nullptr) == 0);
  CHECK(hitsieve_abi() == HITSIEVE_ABI);
  CHECK(hitsieve_has_device(HITSIEVE_CPU) == 1);
  CHECK(hitsieve_has_device(7) == 0);
}

TEST_CASE("models that are not there, of another kind, or cut short, are refused by name") {
  const TemporaryFolder folder;
  const Opening missing = open(folder / "none.h5");
  CHECK(missing.code == HITSIEVE_ERROR_MODEL);
  CHECK_CONTAINS(missing.text, "none.h5: no such file");
  const std::string whole = file_content(model_file());
  for (int i = 0; i < 20; ++i) {
    CAPTURE(i);
    const std::string cut = whole.substr(0, whole.size() * size_t(i) / 20);
    put_file(folder / "cut.h5", cut);
    const Opening from_file = open(folder / "cut.h5"), from_memory = open_memory(cut);
    CHECK(from_file.code == HITSIEVE_ERROR_MODEL);
    CHECK_CONTAINS(from_file.text, "cut.h5: ");
    CHECK(from_memory.code == HITSIEVE_ERROR_MODEL);
    CHECK_CONTAINS(from_memory.text, "model in memory: ");
  }
  CHECK(open_memory(std::string(5000, 'x')).code == HITSIEVE_ERROR_MODEL);
}

TEST_CASE("a device that is not there, and pointers that were forgotten") {
  if (!hitsieve_has_device(HITSIEVE_CUDA)) {
    const Opening opening = open(model_file(), HITSIEVE_CUDA);
    CHECK(opening.code == HITSIEVE_ERROR_DEVICE);
    CHECK_CONTAINS(opening.text, "HITSIEVE_CUDA: ");
  }
  CHECK(open(model_file(), 3).code == HITSIEVE_ERROR_ARGUMENT);
  hitsieve_screener* screener = nullptr;
  CHECK(hitsieve_open(nullptr, 0, &screener, nullptr) == HITSIEVE_ERROR_ARGUMENT);
  CHECK(hitsieve_open(model_file().c_str(), 0, nullptr, nullptr) == HITSIEVE_ERROR_ARGUMENT);
  CHECK(hitsieve_open_memory(nullptr, 9, 0, &screener, nullptr) == HITSIEVE_ERROR_ARGUMENT);
  CHECK(hitsieve_screen(nullptr, nullptr, nullptr, nullptr) == HITSIEVE_ERROR_ARGUMENT);
  hitsieve_close(nullptr);
}

TEST_CASE("frames that make no sense") {
  check_refused("smaller than the crop of 64 x 64", [](auto& f) { f.height = 63; });
  check_refused("smaller than the crop of 64 x 64", [](auto& f) { f.width = 63; });
  check_refused("0 x 70 pixels", [](auto& f) { f.height = 0; });
  check_refused("-1", [](auto& f) { f.count = -1; });
  check_refused("type 0", [](auto& f) { f.type = 0; });
  check_refused("type 11", [](auto& f) { f.type = 11; });
  check_refused("device 2", [](auto& f) { f.device = 2; });
  check_refused("row stride 69", [](auto& f) { f.row_stride = 69; });
  check_refused("fit no memory", [](auto& f) { f.row_stride = int64_t(1) << 39; });
  check_refused("fit no memory", [](auto& f) { f.frame_stride = int64_t(1) << 39; });
  check_refused("size or stride", [](auto& f) { f.frame_stride = int64_t(1) << 62; });
  check_refused("no pixels given", [](auto& f) { f.pixels = nullptr; });
  check_refused("not aligned", [](auto& f) { f.pixels = static_cast<const char*>(f.pixels) + 1; });
  check_refused("values from 0 to 0", [](auto& f) { f.minimum = f.maximum = 0; });
  check_refused("values from nan", [](auto& f) { f.minimum = std::nan(""); });
  check_refused("no uint16 value", [](auto& f) { f.minimum = 65534; });
  static const uint8_t mask[70 * 70] = {};
  check_refused("mask row stride 3", [](auto& f) { f.mask = mask, f.mask_row_stride = 3; });
}

TEST_CASE("a mask of the other polarity is noticed") {
  static std::vector<uint8_t> good_is_one(70 * 70, 1);
  for (size_t i = 0; i < good_is_one.size(); i += 30) good_is_one[i] = 0;
  check_refused("over half; nonzero is bad here", [](auto& f) { f.mask = good_is_one.data(); });
}

TEST_CASE("no frames are no error") {
  const Opened opened(model_file());
  const auto none = hitsieve_packed_frames(nullptr, HITSIEVE_UINT16, 0, 70, 70);
  CHECK(hitsieve_screen(opened.get(), &none, nullptr, nullptr) == HITSIEVE_OK);
}

TEST_CASE("what the program set HDF5 to do with errors stays") {
  static int told = 0;
  H5E_auto2_t before = nullptr;
  void* before_data = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &before, &before_data);
  H5Eset_auto2(
      H5E_DEFAULT, [](hid_t, void*) -> herr_t { return ++told, 0; }, nullptr);
  CHECK(open(model_file()).code == HITSIEVE_OK);
  CHECK(open_memory("rubbish").code == HITSIEVE_ERROR_MODEL);
  CHECK(told == 0);
  H5Fopen("/nowhere.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
  CHECK(told == 1);
  H5Eset_auto2(H5E_DEFAULT, before, before_data);
}
