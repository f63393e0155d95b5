#include <doctest/doctest.h>

#include "engine/tape.h"
#include "nets/train.h"
#include "tests/kernels/tensors.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

ConvNetOptions small(Readout readout) {
  return {.length = 24,
          .blocks = {{.channels = 3, .kernel = 5, .pool = 2, .pool_stride = 2},
                     {.channels = 4, .kernel = 3, .pool = 3, .pool_stride = 3, .dropout = 0.5}},
          .readout = readout,
          .classifier = {.hidden = {5}, .dropout = 0.25, .classes = 3}};
}

std::vector<std::string> names(ConvNet& net, Role wanted) {
  std::vector<std::string> found;
  net.visit([&](const std::string& name, Tensor&, Role role) {
    if (role == wanted) found.push_back(name);
  });
  return found;
}

}  // namespace

TEST_CASE("conv_net: shapes, names and sizes") {
  for (Device device : devices()) {
    ConvNet net(small(Readout::flatten), {.seed = 1, .stream = 0, .device = device});
    Mode mode;
    const Tensor x = normal<float>({2, 24}, 1, device);
    CHECK(net.features(x, mode).shape() == Shape{2, 16});
    CHECK(net(x, mode).shape() == Shape{2, 3});
    const ConvNet mean(small(Readout::mean), {.seed = 1, .stream = 0, .device = device});
    CHECK(mean.features(x, mode).shape() == Shape{2, 4});
    CHECK(names(net, Role::parameter).size() == 10);
    CHECK(names(net, Role::statistic) ==
          std::vector<std::string>{"base/0/norm/mean", "base/0/norm/variance", "base/1/norm/mean",
                                   "base/1/norm/variance"});
    CHECK_THROWS_WITH_AS(net(Tensor({2, 23}, DType::f32, device), mode),
                         doctest::Contains("expected (N, 24)"), Error);
  }
  CHECK(small(Readout::mean).multiply_adds() == 3 * 5 * 24 + 3 * 4 * 3 * 12 + 4 * 5 + 5 * 3);
}

TEST_CASE("conv_net: training drops and normalises by the batch, inference does neither") {
  const ConvNet net(small(Readout::mean), {.seed = 1});
  const Tensor x = normal<float>({4, 24}, 2);
  Mode inference, training{.training = true, .seed = 3};
  const auto first = net(x, inference).values<float>();
  CHECK(net(x, inference).values<float>() == first);
  const auto dropped = net(x, training).values<float>();
  CHECK(training.offset > 0);
  CHECK(net(x, training).values<float>() != dropped);  // the masks moved on
  CHECK(net(x, inference).values<float>() != first);   // running statistics moved too
}

TEST_CASE("conv_net: every parameter gets a gradient, and a clone shares nothing") {
  ConvNet net(small(Readout::mean), {.seed = 1});
  ConvNet copy = net.clone();
  Tape tape;
  Mode mode{.training = true, .seed = 1};
  const Tensor y = net(normal<float>({4, 24}, 2), mode);
  tape.backward(y, normal<float>(y.shape(), 3));
  net.visit([](const std::string& name, Tensor& tensor, Role role) {
    CAPTURE(name);
    CHECK(tensor.grad().defined() == (role == Role::parameter));
    tensor.fill(7);
  });
  copy.visit([](const std::string& name, Tensor& tensor, Role role) {
    CAPTURE(name);
    CHECK(tensor.requires_grad() == (role == Role::parameter));
    CHECK(tensor.values<float>()[0] != 7);
  });
}

TEST_CASE("conv_net: options and tensors come back from a checkpoint") {
  for (Readout readout : {Readout::flatten, Readout::mean}) {
    ConvNet net(small(readout), {.seed = 1});
    Checkpoint checkpoint("model");
    net.save(checkpoint, "network");
    const ConvNetOptions options = ConvNetOptions::load(checkpoint, "network");
    CHECK(options == small(readout));
    ConvNet back(options, {.seed = 99});
    back.load(checkpoint, "network");
    Mode mode;
    const Tensor x = normal<float>({2, 24}, 5);
    CHECK(back(x, mode).values<float>() == net(x, mode).values<float>());
  }
}

TEST_CASE("conv_net: what cannot be is refused") {
  ConvNetOptions even = small(Readout::mean);
  even.blocks[0].kernel = 4;
  CHECK_THROWS_WITH_AS(ConvNet(even, {}), doctest::Contains("kernel 4 is even"), Error);
  ConvNetOptions deep = small(Readout::mean);
  deep.blocks.resize(6, {.pool = 3, .pool_stride = 3});
  CHECK_THROWS_WITH_AS(ConvNet(deep, {}), doctest::Contains("pooled away"), Error);
}

TEST_CASE("conv_net: the published 2D base has the published sizes") {
  const ConvNetOptions options = cnn_network();
  const int64_t sides[] = {720, 181, 46, 12, 3};
  for (size_t i = 0; i < 4; ++i) CHECK(options.blocks[i].pooled(sides[i], 2) == sides[i + 1]);
  ConvNetOptions single = options;  // with the single layer of Ke et al.
  single.classifier = {.hidden = {}, .dropout = 0, .classes = 3};
  CHECK(single.features() == 288);
  CHECK(single.multiply_adds() == doctest::Approx(28.6e6).epsilon(0.005));
  int64_t parameters = 0;
  ConvNet net(single, {.seed = 1});
  net.visit([&](const std::string&, Tensor& tensor, Role role) {
    if (role != Role::statistic) parameters += tensor.count();
  });
  CHECK(parameters == 7291);
}

TEST_CASE("conv_net: a 2D network computes the sides it says, and folded gives the same") {
  for (Device device : devices()) {
    CAPTURE(device);
    ConvNetOptions options = cnn_network();
    options.length = 61;
    options.blocks.pop_back();
    ConvNet net(options, {.seed = 1, .stream = 0, .device = device});
    Mode training{.training = true, .seed = 3}, inference;
    const Tensor x = normal<float>({2, 61, 61}, 1, device);
    net(x, training);  // moves the running statistics away from 0 and 1
    CHECK(net.features(x, inference).shape() == Shape{2, options.features()});
    ConvNet folded = net.folded();
    check_close<float>(folded(x.to(Device::cpu), inference), net(x, inference), 1e-4);
    CHECK_THROWS_WITH_AS(folded(x.to(Device::cpu), training), doctest::Contains("folded"), Error);
  }
}

TEST_CASE("conv_net: frozen blocks keep weights and statistics, the others learn") {
  ConvNet net(small(Readout::mean), {.seed = 1});
  net.freeze(1);
  for (const NamedTensor& each : net.parameters()) CHECK(!each.name.starts_with("base/0"));
  CHECK(net.parameters().size() == 7);
  ConvNet before = net.clone();
  Tape tape;
  Mode mode{.training = true, .seed = 1};
  const Tensor y = net(normal<float>({4, 24}, 2), mode);
  tape.backward(y, normal<float>(y.shape(), 3));
  std::vector<Tensor> old;
  before.visit([&](const std::string&, Tensor& tensor, Role) { old.push_back(tensor); });
  size_t i = 0;
  net.visit([&](const std::string& name, Tensor& tensor, Role role) {
    CAPTURE(name);
    const bool frozen = name.starts_with("base/0");
    CHECK(tensor.grad().defined() == (role == Role::parameter && !frozen));
    const bool same = tensor.values<float>() == old[i++].values<float>();
    if (role == Role::statistic) CHECK(same == frozen);
  });
  net.freeze(0);
  CHECK(net.parameters().size() == 10);
  CHECK_THROWS_AS(net.freeze(3), Error);
}
