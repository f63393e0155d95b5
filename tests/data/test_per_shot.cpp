// What files say of each shot goes with copied frames, or it is said why not.
#include <algorithm>

#include <doctest/doctest.h>

#include "data/per_shot.h"
#include "tests/data/runs.h"

using namespace hitsieve;

TEST_CASE("per shot: what is in all files is copied, what is not is named, whichever has it") {
  const TemporaryFolder folder;
  const FrameShape shape{12, 10};
  const auto write = [&](const std::string& name, double first, const char* only) {
    Hdf5File file = Hdf5File::create(folder / name);
    const double energy[3] = {first, first + 1, first + 2}, cube[3 * 2 * 2] = {};
    file.write("/entry_1/data_1/data", sample_run<uint16_t>(3, shape).data(), {3, 12, 10});
    file.write("/energy", energy, {3});
    file.write("/cube", cube, {3, 2, 2});
    file.write(only, energy, {3});
    file.close();
    return folder / name;
  };
  const std::string a = write("a.cxi", 10, "/first"), b = write("b.cxi", 20, "/second");
  const FrameSet frames = FrameSet({a, b}).subset({5, 0, 2});  // b's last, a's first and last
  Hdf5File out = Hdf5File::create(folder / "out.cxi");
  const std::vector<std::string> left_out = copy_per_shot(frames, out);
  CHECK(out.read<double>("/energy") == std::vector<double>{22, 10, 12});
  for (const char* path : {"/cube", "/first", "/second"}) {
    CAPTURE(path);
    CHECK(!out.has(path));
    CHECK(std::count_if(left_out.begin(), left_out.end(),
                        [&](const std::string& what) { return what.starts_with(path); }) == 1);
  }
  CHECK(left_out.size() == 3);
}
