#include <doctest/doctest.h>

#include "engine/cuda_on_host/schedule.h"
#include "engine/repeated_work.h"
#include "engine/tensor.h"
#include "tests/kernels/tensors.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// y += x, by way of memory of its own.
void add(const Tensor& y, const Tensor& x) {
  const Tensor copy = x.clone();
  pick<DeviceOps>(y.device()).add_f32(y.data<float>(), copy.data<float>(), y.count());
}

}  // namespace

TEST_CASE("repeated work: is done at every call, on a GPU told twice only") {
  const emu::ScheduleScope restore;
  for (const Device device : devices())
    for (const bool deferred : {false, true}) {
      emu::set_async(deferred);
      CAPTURE(device);
      const Tensor x = Tensor::zeros({5}, DType::f32, device), y = x.clone();
      RepeatedWork work(device);
      int told = 0;
      [[maybe_unused]] const int64_t before = emu::graph_launches();
      for (int i = 1; i <= 6; ++i) {
        x.fill(i);
        work([&] { add(y, x), ++told; });
      }
      CHECK(y.values<float>() == std::vector<float>(5, 1 + 2 + 3 + 4 + 5 + 6));
      CHECK(told == (device == Device::cpu ? 6 : 2));
#ifdef HITSIEVE_EMULATOR
      CHECK(emu::graph_launches() - before == (device == Device::cpu ? 0 : 5));
#endif
    }
}

TEST_CASE("repeated work: is done as by any other call where nothing is to be recorded") {
  for (const Device device : devices()) {
    const Tensor x = Tensor::zeros({5}, DType::f32, device), y = x.clone();
    x.fill(1);
    RepeatedWork one(device), other(device);
    int told = 0;
    const auto work = [&] { add(y, x), ++told; };
    for (int i = 0; i < 4; ++i) one(work, false);
    CHECK(told == 4);
    {
      const NotRecorded scope;
      for (int i = 0; i < 4; ++i) other(work);
    }
    CHECK(told == 8);
    CHECK(y.values<float>()[0] == 8);
  }
}

TEST_CASE("repeated work: that waits for a GPU is an error, and its results stay as they were") {
  if (!available(Device::cuda)) return;
  const Tensor x = Tensor::zeros({5}, DType::f32, Device::cuda), y = x.clone();
  x.fill(1);
  const auto refused = [&](auto wait) {
    RepeatedWork work(Device::cuda);
    const auto waits = [&] { add(y, x), wait(); };
    work(waits);  // not recorded yet
    const std::vector<float> before = y.values<float>();
    CHECK_THROWS_WITH_AS(work(waits), doctest::Contains("not permitted when stream is capturing"),
                         Error);
    CHECK(y.values<float>() == before);
  };
  refused([&] { y.values<float>(); });
  refused([&] { Tensor::of<float>({2}, std::vector<float>{1, 2}, Device::cuda); });
  refused([&] { pick<DeviceOps>(Device::cuda).synchronize(); });
}

TEST_CASE("repeated work: an error within is passed on, also while it is recorded") {
  for (const Device device : devices()) {
    const Tensor x = Tensor::zeros({5}, DType::f32, device), y = x.clone();
    RepeatedWork work(device);
    for (int i = 0; i < 3; ++i)
      CHECK_THROWS_WITH_AS(work([&] { add(y, x), check(false, "enough"); }), "enough", Error);
    x.fill(1), add(y, x);
    CHECK(y.values<float>()[0] == 1);
  }
}
