#include "kernels/frozen_net2d.h"
#include "kernels/raw_to_image.h"
#include "tests/kernels/frozen.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// A network of random weights.
struct RandomNet {
  FrozenNet2dSizes sizes;
  RandomWeights weights;

  RandomNet(std::vector<FrozenBlock2d> blocks, FrozenReadout readout, std::vector<int> hidden,
            bool whole = false) {
    weights.whole = whole;
    for (const FrozenBlock2d& b : blocks) {
      weights.add_channels(b.K, b.terms(), sizes.blocks == 0 ? 1 / image_steps : 1);
      sizes.block[sizes.blocks++] = b;
    }
    const FrozenBlock2d& last = blocks.back();
    sizes.end.readout = readout;
    sizes.end.width[0] = last.K;
    if (readout == FrozenReadout::flatten) sizes.end.width[0] *= last.pooled() * last.pooled();
    for (int outputs : hidden) weights.add_layer(sizes.end, outputs);
  }

  /// The definition, in double.
  std::vector<double> reference(const int16_t* image) const {
    std::vector<double> x;
    for (int i = 0; i < sizes.side() * sizes.side(); ++i)
      x.push_back(double(image[i]) / double(image_steps));
    for (int i = 0; i < sizes.blocks; ++i) x = pooled(sizes.block[i], convolved(i, x));
    return end_by_definition(sizes.end, weights, sizes.blocks, sizes.block[sizes.blocks - 1].K, x);
  }

  std::vector<double> convolved(int which, const std::vector<double>& x) const {
    const FrozenBlock2d& b = sizes.block[which];
    std::vector<double> y;
    for (int k = 0; k < b.K; ++k)
      for (int p = 0; p < b.convolved(); ++p)
        for (int q = 0; q < b.convolved(); ++q) {
          double sum = weights.bias[size_t(which)][size_t(k)];
          for (int t = 0; t < b.terms(); ++t) {
            const int h = p * b.stride + t / b.R % b.R - b.R / 2, c = t / b.R / b.R;
            const int w = q * b.stride + t % b.R - b.R / 2;
            if (h >= 0 && h < b.side && w >= 0 && w < b.side)
              sum += double(weights.weight[size_t(which)][size_t(k * b.terms() + t)]) *
                     x[size_t((c * b.side + h) * b.side + w)];
          }
          y.push_back(sum);
        }
    return y;
  }

  static std::vector<double> pooled(const FrozenBlock2d& b, const std::vector<double>& x) {
    std::vector<double> y;
    for (int k = 0; k < b.K; ++k)
      for (int i = 0; i < b.pooled() * b.pooled(); ++i) {
        double most = 0;
        for (int t = 0; t < b.pool * b.pool; ++t) {
          const int h = i / b.pooled() * b.pool_stride - b.pool_padding + t / b.pool;
          const int w = i % b.pooled() * b.pool_stride - b.pool_padding + t % b.pool;
          if (h >= 0 && h < b.convolved() && w >= 0 && w < b.convolved())
            most = std::max(most, x[size_t((k * b.convolved() + h) * b.convolved() + w)]);
        }
        y.push_back(most);
      }
    return y;
  }
};

Tensor random_images(int64_t N, int64_t side, uint64_t seed) {
  std::vector<int16_t> images;
  Random random(seed);
  for (int64_t i = 0; i < N * side * side; ++i)
    images.push_back(packed_pixel(float(random.normal())));
  return Tensor::of<int16_t>({N, side, side}, images);
}

std::vector<float> run_at(const RandomNet& net, int64_t N, const int16_t* images, Device device,
                          Precision precision) {
  const std::vector<float> packed =
      precision == Precision::float32
          ? net.weights.packed
          : packed_products(net.weights, net.sizes, precision, 1 / image_steps);
  const Tensor weights = Tensor::of<float>({std::ssize(packed)}, packed, device);
  const Tensor logits({N, net.sizes.outputs()}, DType::f32, device);
  pick<FrozenNet2dKernels>(device).forward(net.sizes, precision, N, images, weights.data<float>(),
                                           logits.data<float>());
  return logits.values<float>();
}

std::vector<float> run(const RandomNet& net, const Tensor& images, Device device,
                       Precision precision = Precision::float32) {
  const Tensor x = images.to(device);
  return run_at(net, x.shape()[0], x.data<int16_t>(), device, precision);
}

/// The network of the paper (cnn_network of nets/train.h), for images of any side.
std::vector<FrozenBlock2d> published(int side) {
  std::vector<FrozenBlock2d> blocks;
  for (int i = 0, C = 1; i < 4; ++i, C = blocks.back().K) {
    if (i == 0)
      blocks.push_back({C, side, 4, 7, 2, 3, 2, 1});
    else
      blocks.push_back({C, side, 4 << i, 3, 2, 2, 2, 0});
    side = blocks.back().pooled();
  }
  return blocks;
}

std::vector<RandomNet> odd_nets(bool whole) {
  return {{published(97), FrozenReadout::flatten, {8, 3}, whole},
          {published(131), FrozenReadout::mean, {3}, whole},  // more than a tile across
          {{{1, 37, 5, 5, 1, 2, 2, 0}, {5, 19, 6, 3, 3, 3, 1, 1}},
           FrozenReadout::flatten,
           {5, 2},
           whole},
          {{{1, 11, 3, 1, 2, 1, 1, 0}, {3, 6, 9, 7, 1, 3, 3, 0}}, FrozenReadout::mean, {2}, whole},
          {{{1, 83, 2, 3, 1, 3, 2, 1}}, FrozenReadout::mean, {2}, whole}};
}

void check_definition(const RandomNet& net, const std::vector<Device>& on) {
  CHECK(net.sizes.weights(Precision::float32) == std::ssize(net.weights.packed));
  const int64_t side = net.sizes.side(), N = side > 100 ? 1 : 3;
  const Tensor images = random_images(N, side, 7);
  std::vector<float> expected;
  for (int64_t n = 0; n < N; ++n)
    for (double v : net.reference(images.data<int16_t>() + n * side * side))
      expected.push_back(float(v));
  const Tensor wanted = Tensor::of<float>({std::ssize(expected)}, expected);
  for (Device device : on)
    on_every_schedule([&] {
      CAPTURE(device);
      const std::vector<float> y = run(net, images, device);
      check_close<float>(Tensor::of<float>(wanted.shape(), y), wanted, 1e-5);
    });
}

}  // namespace

TEST_CASE("frozen_net2d: equals the definition: the published blocks, odd sides, channels, pools") {
  std::vector<RandomNet> nets = odd_nets(false);
  nets.push_back({published(128), FrozenReadout::mean, {3}});  // pixels four a load
  // Rows wider than a thread block, and windows that leave out what is between them.
  nets.push_back(
      {{{1, 1240, 9, 3, 40, 1, 1, 0}, {9, 31, 2, 3, 1, 2, 3, 0}}, FrozenReadout::flatten, {2}});
  // A layer of more outputs than threads.
  nets.push_back({{{1, 37, 5, 5, 1, 2, 2, 0}}, FrozenReadout::mean, {300, 2}});
  for (const RandomNet& net : nets) check_definition(net, devices());
  // Several bands of rows, which the CPU alone has.
  check_definition({published(301), FrozenReadout::mean, {3}}, {Device::cpu});
}

TEST_CASE("frozen_net2d: images may begin at any pixel of an array") {
  const int64_t side = 64;
  const RandomNet net(published(side), FrozenReadout::flatten, {2});
  const Tensor images = random_images(1, side, 7);
  std::vector<int16_t> later(1, 0);
  later.insert(later.end(), images.data<int16_t>(), images.data<int16_t>() + side * side);
  for (Device device : devices()) {
    const Tensor x = Tensor::of<int16_t>({std::ssize(later)}, later, device);
    for (const Precision precision : {Precision::float32, Precision::tf32, Precision::bf16}) {
      if (device == Device::cpu && precision != Precision::float32) continue;
      CHECK(run_at(net, 1, x.data<int16_t>() + 1, device, precision) ==
            run(net, images, device, precision));
    }
  }
}

TEST_CASE("frozen_net2d: the same bits alone, in a batch, and for any number of threads") {
  const RandomNet net(published(301), FrozenReadout::flatten, {2});
  const Tensor images = random_images(5, 301, 3);
  set_threads(1);
  const std::vector<float> one = run(net, images, Device::cpu);
  set_threads(3);
  CHECK(run(net, images, Device::cpu) == one);
  const std::span<const int16_t> pixels(images.data<int16_t>(), size_t(images.count()));
  const Tensor last = Tensor::of<int16_t>({1, 301, 301}, pixels.last(301 * 301));
  CHECK(run(net, last, Device::cpu) == std::vector<float>(one.end() - 2, one.end()));
  set_threads(0);
}

TEST_CASE("frozen_net2d: networks of different sizes in turn do not see each other's memory") {
  const RandomNet large(published(97), FrozenReadout::flatten, {2});
  const RandomNet small({{1, 37, 5, 5, 1, 2, 2, 0}}, FrozenReadout::flatten, {2});
  const Tensor images = random_images(1, 37, 1);
  const std::vector<float> before = run(small, images, Device::cpu);
  run(large, random_images(1, 97, 2), Device::cpu);
  CHECK(run(small, images, Device::cpu) == before);
}

TEST_CASE("frozen_net2d: on tensor cores whole numbers give the plain kernel's logits") {
  std::vector<RandomNet> nets = odd_nets(true);
  nets.push_back({published(128), FrozenReadout::flatten, {8, 3}, true});  // pixels four a load
  nets.push_back({{{1, 40, 1, 3, 2, 2, 2, 0}, {1, 10, 9, 3, 1, 1, 1, 0}},  // one channel in between
                  FrozenReadout::flatten,
                  {3},
                  true});
  for (Device device : devices()) {
    if (device == Device::cpu) continue;
    for (const RandomNet& net : nets)
      for (const Precision precision : {Precision::tf32, Precision::bf16}) {
        INFO(text(precision));
        CAPTURE(net.sizes.side());
        const int64_t side = net.sizes.side(), N = side > 100 ? 1 : 3;
        std::vector<int16_t> pixels;
        Random random(3);
        for (int64_t i = 0; i < N * side * side; ++i)
          pixels.push_back(int16_t(image_steps) * int16_t(random.normal()));
        const Tensor images = Tensor::of<int16_t>({N, side, side}, pixels);
        const std::vector<float> plain = run(net, images, device);
        CHECK(largest(plain) > 0);
        on_every_schedule([&] {
          const std::vector<float> y = run(net, images, device, precision);
          CHECK(largest_difference(y, plain) <= 1e-6 * largest(plain));
        });
      }
  }
}

TEST_CASE("frozen_net2d: tf32 and bf16 stay close to float32") {
  for (Device device : devices()) {
    if (device == Device::cpu) continue;
    for (const RandomNet& net : odd_nets(false))
      for (const Precision precision : {Precision::tf32, Precision::bf16}) {
        const Tensor images = random_images(2, net.sizes.side(), 7);
        const std::vector<float> plain = run(net, images, device);
        const double off = largest_difference(run(net, images, device, precision), plain);
        MESSAGE(text(precision, ": logits of up to ", largest(plain), " differ by up to ", off));
        CHECK(off > 0);  // it is another kernel
        CHECK(off < allowed(precision) * largest(plain));
      }
  }
}

TEST_CASE("frozen_net2d: the CPU refuses what it does not compute in") {
  const RandomNet net({{1, 37, 5, 5, 1, 2, 2, 0}}, FrozenReadout::flatten, {2});
  CHECK_THROWS_AS(run(net, random_images(1, 37, 1), Device::cpu, Precision::tf32), Error);
}
