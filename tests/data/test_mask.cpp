#include <doctest/doctest.h>

#include "data/mask.h"
#include "tests/data/runs.h"

using namespace hitsieve;

namespace {

Mask small_mask() { return {2, 3, {0, 1, 0, 0, 0, 1}}; }

/// A pickle like those of CXIDB 76: protocol 2, one flex.bool of 2 x 3 with the given pixels.
std::string pickle(const std::string& pixels, const std::string& module = "scitbx_array_family") {
  const std::string name = module + "_flex_ext\n";
  const std::string payload = std::string("\x02\x06", 2) + pixels;
  return "\x80\x02"
         "c" +
         name +
         "bool\nq\x01)Rq\x02"
         "c" +
         name + "grid\nq\x03" +
         std::string(
             "K\0K\0\x86K\x02K\x03\x86\x88\x87Rq\x04K\x02K\x03\x86"
             "bU",
             22) +
         char(payload.size()) + payload +
         "\x86"
         "b\x85q\x05.";
}

std::string pickle_refusal(const std::string& content) {
  return error_of([&] { parse_mask_pickle(content, "m.pickle"); });
}

}  // namespace

TEST_CASE("mask: both polarities, any integer type, and what is written is read") {
  const TemporaryFolder folder;
  const std::string path = folder / "m.h5";
  Hdf5File file = Hdf5File::create(path);
  const uint16_t zero_good[6] = {0, 512, 0, 0, 0, 4};
  const int8_t one_good[6] = {1, 0, 1, 1, -1, 0};
  file.write("/zero", zero_good, {2, 3});
  file.write("/one", one_good, {1, 2, 3});
  const float level[6] = {};
  file.write("/float", level, {2, 3});
  file.write("/flat", zero_good, {6});
  file.close();
  CHECK(load_mask(path + ":/zero", MaskPolarity::zero_good).bad == small_mask().bad);
  CHECK(load_mask(path + ":/one", MaskPolarity::one_good).bad == small_mask().bad);
  const auto refusal = [&](const std::string& dataset, MaskPolarity polarity) {
    return error_of([&] { load_mask(path + dataset, polarity); });
  };
  CHECK_CONTAINS(refusal(":/zero", MaskPolarity::one_good),
                 "m.h5:/zero: 66.6667 % of the pixels would be masked; it was read as 1 = good");
  CHECK_CONTAINS(refusal(":/float", MaskPolarity::one_good), "a mask is of an integer type");
  CHECK_CONTAINS(refusal(":/flat", MaskPolarity::zero_good), "a mask has the shape (ss, fs)");
  CHECK(load_mask(path, MaskPolarity::zero_good).bad == small_mask().bad);  // the only one
  write_dataset<uint16_t>(folder / "other.h5", "/images", 2, {2, 3});
  CHECK_CONTAINS(error_of([&] { load_mask(folder / "other.h5", MaskPolarity::zero_good); }),
                 "other.h5: 0 datasets could be the mask (ss, fs); name one as");

  write_mask(folder / "found.h5", small_mask(), "by a test", false);
  CHECK(load_mask(folder / "found.h5", MaskPolarity::zero_good).bad == small_mask().bad);
  CHECK_THROWS_AS(write_mask(folder / "found.h5", small_mask(), "", false), OutputError);
  CHECK(parse_polarity("one-good") == MaskPolarity::one_good);
  CHECK_CONTAINS(error_of([] { parse_polarity("good"); }), "want zero-good (CXI");
}

TEST_CASE("mask: joined and cut") {
  const Mask joined = join(small_mask(), {2, 3, {1, 1, 0, 0, 0, 0}});
  CHECK(joined.bad == std::vector<uint8_t>{1, 1, 0, 0, 0, 1});
  CHECK(joined.masked() == 3);
  CHECK(joined.fraction() == 0.5);
  CHECK(join({}, small_mask()).bad == small_mask().bad);
  CHECK(cut(small_mask(), 0, 1, 2, 2).bad == std::vector<uint8_t>{1, 0, 0, 1});
  CHECK_THROWS_AS(join(small_mask(), {3, 2, std::vector<uint8_t>(6)}), Error);
  CHECK_THROWS_AS(cut(small_mask(), 1, 0, 2, 3), Error);
}

TEST_CASE("mask pickle: a flat boolean grid") {
  const Mask mask = parse_mask_pickle(pickle("101110"), "m.pickle");
  CHECK(mask.ss == 2);
  CHECK(mask.fs == 3);
  CHECK(mask.bad == small_mask().bad);
  const TemporaryFolder folder;
  put_file(folder / "m.pickle", pickle("101110"));
  CHECK(load_mask(folder / "m.pickle", MaskPolarity::one_good).bad == small_mask().bad);
  CHECK_CONTAINS(error_of([&] { load_mask(folder / "m.pickle", MaskPolarity::zero_good); }),
                 "1 = good");
}

TEST_CASE("mask pickle: nothing but a mask is understood, and nothing is executed") {
  CHECK_CONTAINS(pickle_refusal("cos\nsystem\n(S'true'\ntR."),
                 "refers to os.system, which is no boolean mask; refused");
  CHECK_CONTAINS(pickle_refusal(pickle("101110", "evil")), "refers to evil_flex_ext.bool");
  CHECK_CONTAINS(pickle_refusal("\x80\x04."), "protocol above 2");
  CHECK_CONTAINS(pickle_refusal("}."), "holds instruction 125 at byte 0");
  CHECK_CONTAINS(pickle_refusal(pickle("10111")), "a grid of 2 x 3 with 5 pixels");
  CHECK_CONTAINS(pickle_refusal(pickle("10x110")), "pixel 2 is neither 0 nor 1");
  CHECK_CONTAINS(pickle_refusal("K\1."), "no flat boolean grid");
  CHECK_CONTAINS(pickle_refusal("."), "empty stack");
  CHECK_CONTAINS(pickle_refusal("T\xff\xff\xff\x7f."), "truncated");
  std::string doubling = "K\1q";
  doubling += '\0';
  for (int i = 0; i < 40; ++i) doubling += std::string("h\0h\0\x86q\0", 7);
  CHECK_CONTAINS(pickle_refusal(doubling + "."), "repeats large values; refused");
  const std::string whole = pickle("101110");
  for (size_t length = 0; length < whole.size(); ++length)
    CHECK(!pickle_refusal(whole.substr(0, length)).empty());
  for (size_t i = 0; i < whole.size(); ++i)
    for (const char flip : {'\x01', '\x80', '\xff'}) {  // any result or error, but no crash
      std::string damaged = whole;
      damaged[i] = char(damaged[i] ^ flip);
      pickle_refusal(damaged);
    }
}

TEST_CASE("mask pickle: depth and memory are bounded, whatever the file asks for") {
  std::string deep = ")";
  for (int i = 0; i < 1'000'000; ++i) deep += '\x85';  // a tuple in a tuple in a ...
  CHECK_CONTAINS(pickle_refusal(deep + "."), "over 1000 instructions");
  std::string kept = std::string("T\0\0\x10\0", 5) + std::string(1 << 20, 'x');
  for (char key = 0; key < 100; ++key) kept += std::string("q") + key;
  CHECK_CONTAINS(pickle_refusal(kept + "."), "repeats large values; refused");
  CHECK_CONTAINS(pickle_refusal("cscitbx_array_family_flex_ext\nbool\n)RNbNb."), "a second one");
}

TEST_CASE("mask pickle: the published masks") {
  const std::string folder = shared_folder();
  if (folder.empty()) return;
  for (const char* set : {"LN83", "LN84"}) {
    const std::string path = folder + "/cxidb76/" + set + "/mask.pickle";
    const Mask mask = load_mask(path, MaskPolarity::one_good);
    CHECK(mask.ss == 1920);
    CHECK(mask.fs == 1920);
    const std::string content = file_content(path);
    const size_t first = content.size() - 3686400 - 6;  // payload, then six bytes to the end
    int64_t zeros = 0;
    bool same = true;
    for (size_t i = 0; i < 3686400; ++i) {
      zeros += content[first + i] == '0';
      same = same && (mask.bad[i] != 0) == (content[first + i] == '0');
    }
    CHECK(mask.masked() == zeros);
    CHECK(same);
    CHECK(zeros > 0);
  }
}
