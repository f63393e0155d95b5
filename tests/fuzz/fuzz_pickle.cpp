// The mask.pickle of CXIDB 76.
#include "data/mask.h"
#include "tests/fuzz/fuzz.h"

using namespace hitsieve;

namespace {

std::string repeated(const std::string& once, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += once;
  return all;
}

/// One flex.bool of 2 x 3, as Python 2 pickles it.
std::string mask(const std::string& numbers, const std::string& payload) {
  const std::string module = "cscitbx_array_family_flex_ext\n";
  return "\x80\x02" + module + "bool\nq\x01)Rq\x02" + module + "grid\nq\x03" + numbers + payload +
         "\x86"
         "b\x85q\x05.";
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string numbers(
      "K\0K\0\x86K\x02K\x03\x86\x88\x87Rq\x04K\x02K\x03\x86"
      "b",
      21);
  const std::string pixels(
      "\x02\x06"
      "101110");
  const std::string literals = "(I0\nI0\ntp6\n(I2\nI3\ntI01\n\x87Rg6\nb";
  return {mask(numbers, "U\x08" + pixels),
          mask(numbers, std::string("T\x08\0\0\0", 5) + pixels),
          mask(literals, "S'\\x02\\x06101110'\n"),
          mask(std::string("M\0\0J\0\0\0\0\x86K\x02K\x03\x86\x88\x87Rr\x04\0\0\0N\x86"
                           "b",
                           25),
               "U\x08" + pixels),
          "(K\x01q\x01h\x01j\x01\0\0\0g1\n\x89t.",
          repeated("(", 300) + repeated("t", 300) + ".",
          ")" + repeated("\x85", 100'000) + ".",
          "T\x10\x27\0\0" + std::string(10'000, 'x') + repeated("q\x01r\x01\x01\x01\x01", 1000)};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::reads_or_explains("fuzz.pickle", [&] {
    parse_mask_pickle({data, data + size}, "fuzz.pickle");
  });
  return 0;
}
