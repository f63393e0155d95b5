#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

#include "data/split.h"
#include "engine/check.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;

TEST_CASE("split: sequential takes the frames as they come") {
  const Split split = split_frames(10, {.train = 3, .validate = 2});
  CHECK(split.train == std::vector<int64_t>{0, 1, 2});
  CHECK(split.validate == std::vector<int64_t>{3, 4});
  CHECK(split.test == std::vector<int64_t>{5, 6, 7, 8, 9});
  CHECK(split_frames(10, {.train = 3, .validate = 2, .test = 1}).test == std::vector<int64_t>{5});
  CHECK(split_frames(5, {.train = 3, .validate = 2}).test.empty());
}

TEST_CASE("split: seeded is a division of all frames, the same for the same seed") {
  const SplitSizes sizes{.train = 200, .validate = 100};
  const Split a = split_frames(1000, sizes, 7), b = split_frames(1000, sizes, 7);
  CHECK(a.train == b.train);
  CHECK(a.validate == b.validate);
  CHECK(a.test == b.test);
  CHECK(split_frames(1000, sizes, 8).train != a.train);
  std::vector<int64_t> all = a.train, expected(1000);
  all.insert(all.end(), a.validate.begin(), a.validate.end());
  all.insert(all.end(), a.test.begin(), a.test.end());
  std::sort(all.begin(), all.end());
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(all == expected);
  CHECK(std::is_sorted(a.train.begin(), a.train.end()));
  CHECK(a.train.back() > 900);                                          // from the whole run
  const Split small = split_frames(6, {.train = 2, .validate = 2}, 1);  // on every machine
  CHECK(text(small.train[0], small.train[1], small.validate[0], small.validate[1]) == "0312");
}

TEST_CASE("split: too few frames are refused with the numbers") {
  CHECK_CONTAINS(error_of([] { split_frames(300, {}); }),
                 "200 to train, 200 to validate and 0 to test are 400 frames; there are 300");
  CHECK_CONTAINS(error_of([] { split_frames(10, {.train = -1}); }), "negative");
}
