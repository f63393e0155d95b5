#include <limits>

#include "kernels/pool2d.h"
#include "tests/kernels/library.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

using Values = std::vector<float>;

Tensor image(int64_t H, int64_t W, const Values& values, Device device) {
  return Tensor::of<float>({1, 1, H, W}, values, device);
}

Operation largest(const Pool2dOptions& options) {
  return [=](const std::vector<Tensor>& in) { return max_pool2d(in[0], options); };
}

Operation mean(const Pool2dOptions& options) {
  return [=](const std::vector<Tensor>& in) { return avg_pool2d(in[0], options); };
}

struct Case {
  Shape shape;
  Pool2dOptions options;
};

/// Whether the last windows reach past the padding, which cuDNN refuses.
bool hangs_over(const Case& c) {
  const Pool2dOptions& o = c.options;
  const auto over = [&](int64_t length, int64_t kernel, int64_t stride, int64_t padding) {
    const int64_t room = length + 2 * padding - kernel, last = (room / stride + 1) * stride;
    return o.ceil_mode && room % stride != 0 && last < length + padding;
  };
  return over(c.shape[2], o.kernel.y, o.stride.y, o.padding.y) ||
         over(c.shape[3], o.kernel.x, o.stride.x, o.padding.x);
}

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.shape << ", kernel " << c.options.kernel << ", stride " << c.options.stride
             << ", padding " << c.options.padding << (c.options.ceil_mode ? ", ceil" : "");
}

const std::vector<Case> cases = {
    {{2, 3, 10, 14}, {2, 2}},
    {{1, 2, 11, 9}, {2, 2, 0, true}},
    {{1, 2, 20, 37}, {3, 2, 1, true}},
    {{1, 1, 3, 5}, {2, 2, 1, true}},
    {{2, 1, 13, 23}, {3, 2}},
    {{1, 1, 1, 1}, {1, 1}},
    {{1, 2, 7, 6}, {{2, 5}, {1, 3}, {1, 2}}},
    {{2, 1, 5, 17}, {{1, 3}, {1, 2}, {0, 1}}},
    {{1, 1, 17, 5}, {{3, 1}, {2, 1}, {1, 0}}},
    {{1, 2, 11, 12}, {2, 5, 1, true}},
    {{1, 1, 9, 8}, {{1, 2}, {3, 2}}},
    {{1, 1, 2, 3}, {4, {3, 2}, {2, 0}, true}},
    {{1, 2, 8, 9}, {5, 1, 2}},
};

/// One element at a time: the elements of x that window (p, q) sees, and which is the maximum.
struct Window {
  std::vector<size_t> elements;
  size_t best;
};

std::vector<Window> windows_of(const Case& c, const std::vector<double>& x) {
  const int64_t H = c.shape[2], W = c.shape[3];
  const Pool2dOptions& o = c.options;
  std::vector<Window> windows;
  const auto starts = [&](int64_t length, int64_t kernel, int64_t stride, int64_t padding) {
    std::vector<int64_t> all;  // as PyTorch defines it
    for (int64_t at = -padding;
         o.ceil_mode ? at < length + padding - kernel + stride : at <= length + padding - kernel;
         at += stride)
      if (at < length) all.push_back(at);
    return all;
  };
  for (int64_t plane = 0; plane < c.shape[0] * c.shape[1]; ++plane)
    for (int64_t top : starts(H, o.kernel.y, o.stride.y, o.padding.y))
      for (int64_t left : starts(W, o.kernel.x, o.stride.x, o.padding.x)) {
        Window window;
        for (int64_t h = top; h < top + o.kernel.y; ++h)
          for (int64_t w = left; w < left + o.kernel.x; ++w)
            if (h >= 0 && h < H && w >= 0 && w < W)
              window.elements.push_back(size_t((plane * H + h) * W + w));
        window.best = window.elements[0];
        for (size_t i : window.elements)
          if (x[i] > x[window.best]) window.best = i;
        windows.push_back(window);
      }
  return windows;
}

/// Where cuDNN is used and the case is not its: that every pass says so. Whether it did.
bool refused_by_cudnn(const Case& c, Device device) {
  if (!uses(Library::cudnn) || !hangs_over(c)) return false;
  const Tensor x = normal<double>(c.shape, 1, device).require_grad();
  for (const auto& pool : {max_pool2d, avg_pool2d}) {
    CHECK_THROWS_WITH_AS(pool(x, c.options), doctest::Contains("hangs"), Error);
    Tape tape;
    const Tensor y = [&] {
      const LibraryScope ours(Library::cudnn, false);
      return pool(x, c.options);
    }();
    CHECK_THROWS_WITH_AS(tape.backward(y, normal<double>(y.shape(), 2, device)),
                         doctest::Contains("hangs"), Error);
  }
  return true;
}

bool has_ties(const std::vector<Window>& windows, const std::vector<double>& x) {
  return std::any_of(windows.begin(), windows.end(), [&](const Window& window) {
    return std::count_if(window.elements.begin(), window.elements.end(),
                         [&](size_t i) { return x[i] == x[window.best]; }) > 1;
  });
}

/// x of few different values, so that many windows have several maxima.
template <class T>
Tensor with_ties(const Shape& shape, Device device) {
  std::vector<T> values = normal<T>(shape, 1).template values<T>();
  for (T& v : values) v = T(std::round(v));
  return Tensor::of<T>(shape, values, device);
}

}  // namespace

TEST_CASE("pool2d: golden values") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor x = image(3, 3, {1, 2, -3, 4, 0, 6, 8, 7, 5}, device);
    CHECK(max_pool2d(x, {2, 1}).values<float>() == Values{4, 6, 8, 7});
    CHECK(max_pool2d(x, {2, 2}).values<float>() == Values{4});
    CHECK(max_pool2d(x, {2, 2, 0, true}).values<float>() == Values{4, 6, 8, 5});
    CHECK(avg_pool2d(x, {2, 2, 0, true}).values<float>() == Values{1.75f, 1.5f, 7.5f, 5});
    CHECK(max_pool2d(x, {{1, 3}, 1}).values<float>() == Values{2, 6, 8});
    CHECK(avg_pool2d(x, {{3, 1}, 1}).values<float>() == Values{13 / 3.0f, 3, 8 / 3.0f});
    // The zeros of the padding are neither a maximum nor counted in a mean.
    const Tensor negative = image(2, 2, {-1, -3, -5, -7}, device);
    CHECK(max_pool2d(negative, {2, 2, 1}).values<float>() == Values{-1, -3, -5, -7});
    CHECK(avg_pool2d(negative, {3, 1, 1}).values<float>() == Values{-4, -4, -4, -4});
    // Rounding up gives no window that would start in the padding below or to the right.
    CHECK(max_pool2d(x, {2, 2, 1, true}).values<float>() == Values{1, 2, 8, 7});
    CHECK(max_pool2d(image(2, 1, {-infinity, -infinity}, device), {{2, 1}, 1}).values<float>() ==
          Values{-infinity});
  }
}

TEST_CASE("pool2d: the sides of the published network") {
  const Tensor x = Tensor::zeros({1, 1, 360, 360});
  const auto side = [](const Tensor& y) {
    CHECK(y.shape()[2] == y.shape()[3]);
    return y.shape()[2];
  };
  CHECK(side(max_pool2d(x, {3, 2, 1, true})) == 181);
  CHECK(side(max_pool2d(x, {3, 2, 1})) == 180);
  CHECK(side(max_pool2d(Tensor::zeros({1, 1, 91, 91}), {2, 2, 0, true})) == 46);
  CHECK(side(max_pool2d(Tensor::zeros({1, 1, 23, 23}), {2, 2, 0, true})) == 12);
  CHECK(side(max_pool2d(Tensor::zeros({1, 1, 6, 6}), {2, 2, 0, true})) == 3);
}

TEST_CASE("pool2d: values and slopes against the definition, with ties, on every schedule") {
  for (const Case& c : cases) {
    const Tensor in = with_ties<double>(c.shape, Device::cpu);
    const std::vector<double> x = in.values<double>();
    const std::vector<Window> windows = windows_of(c, x);
    const auto slopes = normal<double>({int64_t(windows.size())}, 999).values<double>();
    std::vector<double> most, means, dx_most(x.size()), dx_means(x.size());
    for (size_t i = 0; i < windows.size(); ++i) {
      const Window& window = windows[i];
      const double count = double(window.elements.size());
      double sum = 0;
      for (size_t e : window.elements) sum += x[e], dx_means[e] += slopes[i] / count;
      most.push_back(x[window.best]), means.push_back(sum / count);
      dx_most[window.best] += slopes[i];
    }
    const auto check_all = [&](Device device) {
      CAPTURE(device);
      CAPTURE(c);
      const double tolerance = within(Library::cudnn, 1e-14, 1e-13);
      const std::vector<Tensor> from = {with_ties<double>(c.shape, device)};
      const Tensor y = largest(c.options)(from);
      REQUIRE(size_t(y.count()) == windows.size());
      CHECK(y.values<double>() == most);
      check_close<double>(mean(c.options)(from), Tensor::of<double>(y.shape(), means), tolerance);
      check_close<double>(gradients(from, mean(c.options))[0],
                          Tensor::of<double>(c.shape, dx_means), tolerance);
      if (uses(Library::cudnn) && has_ties(windows, x))
        CHECK_THROWS_WITH_AS(gradients(from, largest(c.options)),
                             doctest::Contains("maximum more than once"), Error);
      else
        check_close<double>(gradients(from, largest(c.options))[0],
                            Tensor::of<double>(c.shape, dx_most), tolerance);
    };
    for (Device device : devices())
      on_every_table(device, Library::cudnn, [&] {
        if (!refused_by_cudnn(c, device)) on_every_schedule([&] { check_all(device); });
      });
  }
}

TEST_CASE("pool2d: gradients") {
  for (Device device : devices())
    for (const Case& c : cases) {
      if (c.shape.count() > 150) continue;
      on_every_table(device, Library::cudnn, [&] {
        CAPTURE(device);
        CAPTURE(c);
        if (refused_by_cudnn(c, device)) return;
        gradcheck({normal<double>(c.shape, 1, device)}, largest(c.options));
        gradcheck({normal<double>(c.shape, 1, device)}, mean(c.options));
      });
    }
}

TEST_CASE("pool2d: values and gradients in float32 against the CPU in float64, odd sizes") {
  for (const Case& c : cases)
    for (const auto& make : {largest, mean}) {
      const Operation f = make(c.options);
      const std::vector<Tensor> in = {normal<double>(c.shape, 1)};
      const Tensor exact = f(in), slope = gradients(in, f)[0];
      const auto check_all = [&](Device device) {
        CAPTURE(device);
        CAPTURE(c);
        check_close<float>(f({normal<float>(c.shape, 1, device)}), rounded(exact),
                           within(Library::cudnn, 1e-6, 1e-5));
        check_close<float>(gradients({normal<float>(c.shape, 1, device)}, f)[0], rounded(slope),
                           within(Library::cudnn, 1e-6, 1e-5));
      };
      for (Device device : devices())
        on_every_table(device, Library::cudnn, [&] {
          if (!refused_by_cudnn(c, device)) on_every_schedule([&] { check_all(device); });
        });
    }
}

// On the CPU alone: images of several bands.
TEST_CASE("pool2d: large images like the same image in pieces") {
  const Tensor x = normal<float>({1, 1, 500, 301}, 1);
  for (const Pool2dOptions& options : {Pool2dOptions{3, 2}, {2, 2}, {{5, 2}, {3, 1}}})
    for (const auto& make : {largest, mean}) {
      const Operation f = make(options);
      const std::vector<float> whole = f({x}).values<float>();
      const int64_t rows = (500 - options.kernel.y) / options.stride.y + 1;
      const int64_t width = int64_t(whole.size()) / rows;
      for (int64_t p = 0; p < rows; ++p) {
        CAPTURE(p);
        const std::span<const float> window(x.data<float>() + p * options.stride.y * 301,
                                            size_t(options.kernel.y * 301));
        const auto row = f({Tensor::of<float>({1, 1, options.kernel.y, 301}, window)});
        REQUIRE(row.count() == width);
        CHECK(std::memcmp(row.data<float>(), &whole[size_t(p * width)],
                          size_t(width) * sizeof(float)) == 0);
      }
      // Every slope arrives: what all of dx sums to is what all of dy sums to.
      const Tensor dx = gradients({x}, f)[0];
      const auto slopes = dx.values<float>();
      const auto dy = normal<float>(f({x}).shape(), 999).values<float>();
      CHECK(std::accumulate(slopes.begin(), slopes.end(), 0.0) ==
            doctest::Approx(std::accumulate(dy.begin(), dy.end(), 0.0)).epsilon(1e-4));
    }
}

TEST_CASE("pool2d: the same bits for any number of threads") {
  for (const Pool2dOptions& options : {Pool2dOptions{2, 2}, {3, 2, 1, true}, {5, 1, 2}})
    check_threads_agree([&] {
      const std::vector<Tensor> in = {normal<float>({3, 2, 203, 301}, 1)};
      return std::vector<Tensor>{largest(options)(in), gradients(in, largest(options))[0],
                                 mean(options)(in), gradients(in, mean(options))[0]};
    });
}

TEST_CASE("pool2d: wrong shapes and options are refused") {
  const Tensor x = Tensor::zeros({1, 2, 5, 6});
  const auto refused = [](const char* why, const Tensor& in, const Pool2dOptions& options) {
    CHECK_THROWS_WITH_AS(max_pool2d(in, options), doctest::Contains(why), Error);
    CHECK_THROWS_WITH_AS(avg_pool2d(in, options), doctest::Contains(why), Error);
  };
  refused("expected (N, C, H, W)", Tensor::zeros({2, 5, 6}), {2, 2});
  refused("has no elements", Tensor::zeros({2, 0, 5, 6}), {2, 2});
  refused("not a float type", Tensor({1, 2, 5, 6}, DType::i32), {2, 2});
  refused("kernel 0 along y", x, {{0, 1}, 1});
  refused("kernel -1 along x", x, {{2, -1}, 1});
  refused("stride 0 along x", x, {2, {1, 0}});
  refused("padding 2 along y", x, {2, 2, {2, 1}});
  refused("padding -1 along x", x, {2, 2, {0, -1}});
  refused("5 elements along y and padding 0, but the kernel has 6", x, {6, 1});
  refused("6 elements along x and padding 0, but the kernel has 7", x, {{5, 7}, 1});
}
