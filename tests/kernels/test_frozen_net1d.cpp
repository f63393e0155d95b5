#include <algorithm>
#include <cmath>

#include "engine/parallel.h"
#include "kernels/frozen_net1d.h"
#include "tests/kernels/frozen.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

using Values = std::vector<float>;

struct RandomNet {
  FrozenNet1dSizes sizes;
  RandomWeights weights;

  RandomNet(std::vector<FrozenBlock> blocks, FrozenReadout readout, std::vector<int> hidden,
            bool whole = false) {
    weights.whole = whole;
    for (const FrozenBlock& b : blocks) {
      sizes.block[sizes.blocks++] = b;
      weights.add_channels(b.K, b.C * b.W);
    }
    const FrozenBlock& last = blocks.back();
    sizes.end.readout = readout;
    sizes.end.width[0] = readout == FrozenReadout::flatten ? last.K * last.pooled() : last.K;
    for (int outputs : hidden) weights.add_layer(sizes.end, outputs);
  }

  /// The definition, in double.
  std::vector<double> reference(const float* vector) const {
    std::vector<double> x(vector, vector + sizes.length());
    for (int i = 0; i < sizes.blocks; ++i) x = block(sizes.block[i], size_t(i), x);
    return end_by_definition(sizes.end, weights, sizes.blocks, sizes.block[sizes.blocks - 1].K, x);
  }

  std::vector<double> block(const FrozenBlock& b, size_t which,
                            const std::vector<double>& x) const {
    std::vector<double> y;
    for (int k = 0; k < b.K; ++k)
      for (int i = 0; i < b.pooled(); ++i) {
        double most = 0;
        for (int l = i * b.pool; l < (i + 1) * b.pool; ++l) {
          double sum = weights.bias[which][size_t(k)];
          for (int c = 0; c < b.C; ++c)
            for (int w = 0; w < b.W; ++w) {
              const int at = l + w - b.W / 2;
              if (at >= 0 && at < b.L)
                sum += double(weights.weight[which][size_t((k * b.C + c) * b.W + w)]) *
                       x[size_t(c * b.L + at)];
            }
          most = std::max(most, sum);
        }
        y.push_back(most);
      }
    return y;
  }
};

Tensor run(const RandomNet& net, const Tensor& x, Precision precision = Precision::float32) {
  const Device device = x.device();
  const Values packed = precision == Precision::float32
                            ? net.weights.packed
                            : packed_products(net.weights, net.sizes, precision);
  const Tensor weights = Tensor::of<float>({std::ssize(packed)}, packed, device);
  Tensor logits({x.shape()[0], net.sizes.outputs()}, DType::f32, device);
  pick<FrozenNet1dKernels>(device).forward(net.sizes, precision, x.shape()[0], x.data<float>(),
                                           weights.data<float>(), logits.data<float>());
  return logits;
}

std::vector<RandomNet> odd_nets(bool whole) {
  return {{{{1, 45, 6, 7, 2}, {6, 22, 5, 3, 3}}, FrozenReadout::flatten, {4, 2}, whole},
          {{{1, 33, 3, 5, 1}, {3, 33, 9, 5, 4}, {9, 8, 4, 1, 2}},
           FrozenReadout::mean,
           {7, 5, 3},
           whole},
          {{{1, 16, 4, 3, 2}}, FrozenReadout::mean, {2}, whole}};
}

/// The sizes of the RWD network (rwd_network of nets/train.h), on which kernels are made for it.
RandomNet published(bool whole) {
  return {{{1, 720, 8, 5, 3}, {8, 240, 16, 3, 1}}, FrozenReadout::mean, {3}, whole};
}

/// -2 to 2.
Tensor whole_numbers(Shape shape) {
  std::vector<float> x = normal<float>(shape, 3).values<float>();
  for (float& v : x) v = std::clamp(std::round(v), -2.0f, 2.0f);
  return Tensor::of<float>(shape, x);
}

}  // namespace

TEST_CASE(
    "frozen_net1d: equals the definition: the published blocks, odd lengths, channels, pools") {
  std::vector<RandomNet> nets = odd_nets(false);
  nets.push_back(published(false));
  // The published blocks' widths and pools, in either order, where rows end amid a load.
  nets.push_back({{{1, 101, 5, 5, 3}, {5, 33, 6, 3, 1}}, FrozenReadout::mean, {2}});
  nets.push_back({{{1, 41, 3, 3, 1}, {3, 41, 5, 5, 3}}, FrozenReadout::mean, {2}});
  nets.push_back({{{1, 20, 5, 3, 1}}, FrozenReadout::flatten, {2}});
  for (const RandomNet& net : nets) {
    CHECK(net.sizes.weights(Precision::float32) == int64_t(net.weights.packed.size()));
    const Tensor x = normal<float>({3, net.sizes.length()}, 7);
    Values expected;
    for (int n = 0; n < 3; ++n)
      for (double v : net.reference(x.data<float>() + n * net.sizes.length()))
        expected.push_back(float(v));
    for (Device device : devices())
      on_every_schedule([&] {
        CAPTURE(device);
        check_close<float>(run(net, x.to(device)),
                           Tensor::of<float>({3, net.sizes.outputs()}, expected), 1e-5);
      });
  }
}

TEST_CASE("frozen_net1d: networks of different sizes in turn do not see each other's memory") {
  const RandomNet large({{1, 64, 8, 9, 2}}, FrozenReadout::flatten, {2});
  const RandomNet small({{1, 20, 4, 3, 2}}, FrozenReadout::flatten, {2});
  const Tensor x = normal<float>({1, 20}, 1), wide = normal<float>({1, 64}, 2);
  const Values before = run(small, x).values<float>();
  run(large, wide);
  CHECK(run(small, x).values<float>() == before);
}

TEST_CASE("frozen_net1d: the same bits alone, in a batch, and for any number of threads") {
  const RandomNet net({{1, 45, 6, 7, 2}}, FrozenReadout::mean, {2});
  const Tensor x = normal<float>({50, 45}, 3);
  set_threads(1);
  const Values one = run(net, x).values<float>();
  set_threads(3);
  CHECK(run(net, x).values<float>() == one);
  set_threads(0);
  const Tensor last =
      Tensor::of<float>({1, 45}, std::span<const float>(x.data<float>() + 49 * 45, 45));
  CHECK(run(net, last).values<float>() == Values(one.end() - 2, one.end()));
}

TEST_CASE("frozen_net1d: on tensor cores whole numbers give the plain kernel's logits") {
  std::vector<RandomNet> nets = odd_nets(true);
  nets.push_back(published(true));
  nets.push_back({{{1, 40, 1, 3, 2}, {1, 20, 9, 5, 1}, {9, 20, 2, 3, 1}},  // one channel in between
                  FrozenReadout::flatten,
                  {3},
                  true});
  for (Device device : devices()) {
    if (device == Device::cpu) continue;
    for (const RandomNet& net : nets)
      for (const Precision precision : {Precision::tf32, Precision::bf16}) {
        INFO(text(precision));
        const Tensor x = whole_numbers({7, net.sizes.length()}).to(device);
        const Values plain = run(net, x).values<float>();
        CHECK(largest(plain) > 0);
        on_every_schedule([&] {
          check_close<float>(run(net, x, precision),
                             Tensor::of<float>({7, net.sizes.outputs()}, plain), 1e-6);
        });
      }
  }
}

TEST_CASE("frozen_net1d: tf32 and bf16 stay close to float32") {
  std::vector<RandomNet> nets = odd_nets(false);
  nets.push_back(published(false));
  for (Device device : devices()) {
    if (device == Device::cpu) continue;
    for (const RandomNet& net : nets)
      for (const Precision precision : {Precision::tf32, Precision::bf16}) {
        const Tensor x = normal<float>({40, net.sizes.length()}, 7).to(device);
        const Values plain = run(net, x).values<float>();
        const double off = largest_difference(run(net, x, precision).values<float>(), plain);
        MESSAGE(text(precision, ": logits of up to ", largest(plain), " differ by up to ", off));
        CHECK(off > 0);  // it is another kernel
        CHECK(off < allowed(precision) * largest(plain));
      }
  }
}

TEST_CASE("frozen_net1d: the CPU refuses what it does not compute in") {
  const RandomNet net = published(false);
  CHECK_THROWS_WITH(run(net, normal<float>({1, 720}, 7), Precision::bf16),
                    "frozen network: bf16 is computed on a GPU's tensor cores, the CPU has float32 "
                    "alone");
}
