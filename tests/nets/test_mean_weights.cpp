#include <doctest/doctest.h>

#include "nets/mean_weights.h"
#include "nets/train.h"
#include "tests/kernels/tensors.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

std::vector<std::vector<float>> values(ConvNet& network, Role wanted) {
  std::vector<std::vector<float>> all;
  network.visit([&](const std::string&, Tensor& tensor, Role role) {
    if (role == wanted) all.push_back(tensor.values<float>());
  });
  return all;
}

}  // namespace

TEST_CASE("mean weights: of all steps that were added, the running statistics left alone") {
  for (Device device : devices()) {
    CAPTURE(device);
    ConvNet a(rwd_network(), {.seed = 1, .stream = 0, .device = device});
    ConvNet b(rwd_network(), {.seed = 2, .stream = 0, .device = device});
    ConvNet target(rwd_network(), {.seed = 3, .stream = 0, .device = device});
    MeanWeights before(a), mean(a);
    const auto add = [](MeanWeights& to, ConvNet& network) { to.add(network), to.count(); };
    add(before, a);
    add(mean, b), add(mean, b);
    mean.clear();
    add(mean, b), add(mean, a), add(mean, a);
    mean.add(before);
    const auto statistics = values(target, Role::statistic);
    mean.store(target);
    CHECK(values(target, Role::statistic) == statistics);
    const auto x = values(a, Role::parameter), y = values(b, Role::parameter);
    const auto found = values(target, Role::parameter);
    REQUIRE(found.size() == x.size());
    for (size_t i = 0; i < found.size(); ++i)
      for (size_t k = 0; k < found[i].size(); ++k)
        CHECK(found[i][k] == doctest::Approx((3 * x[i][k] + y[i][k]) / 4).epsilon(1e-6));
    CHECK(values(a, Role::parameter) == x);
  }
}

TEST_CASE("mean weights: of none is an error") {
  ConvNet network(rwd_network(), {.seed = 1});
  CHECK_THROWS_WITH_AS(MeanWeights(network).store(network), doctest::Contains("there are none"),
                       Error);
}
