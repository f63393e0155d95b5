#include "benchmarks/bench.h"

#include <ctime>
#include <iostream>

#include <benchmark/benchmark.h>

#include "engine/parallel.h"

namespace hitsieve::bench {
namespace {

constexpr int64_t calls_queued = 50;  // on a GPU, without waiting

/// On the CPU the calling thread's own time: it does not count what others do on its core.
double now(Device device) {
  timespec t{};
  clock_gettime(device == Device::cpu ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

void count(benchmark::State& state, const Call& call, Device device, double seconds) {
  const Ceilings& most = ceilings(device);
  const auto add = [&](const char* name, double of_a_call) {
    if (of_a_call > 0) state.counters[name] = of_a_call * double(state.iterations()) / seconds;
  };
  add("bytes/s", call.bytes);
  add("of_bandwidth", call.bytes / most.bandwidth());
  add("flops/s", call.flops);
  add("of_peak", call.flops / most.flops);
  add("items/s", call.items);
}

void time_calls(benchmark::State& state, Device device, Library library,
                const std::function<Call(Memory&)>& prepare) {
  const LibraryScope no_cublas(Library::cublas, library == Library::cublas);
  const LibraryScope no_cudnn(Library::cudnn, library == Library::cudnn);
  set_threads(1);
  Memory memory(device);
  const Call call = prepare(memory);
  const auto wait = pick<DeviceOps>(device).synchronize;
  call.run(), wait();  // what is found, loaded or allocated at a first call
  const int64_t calls = device == Device::cuda ? calls_queued : 1;
  const double start = now(device);
  while (state.KeepRunningBatch(calls)) {
    for (int64_t i = 0; i < calls; ++i) call.run();
    wait();
  }
  count(state, call, device, now(device) - start);
  set_threads(0);
}

/// A library that refuses a shape is no error here, but says so.
void run(benchmark::State& state, Device device, Library library,
         const std::function<Call(Memory&)>& prepare) {
  try {
    time_calls(state, device, library, prepare);
  } catch (const Error& error) {
    set_threads(0);
    state.SkipWithError(error.what());
  }
}

void print_ceilings(Device device) {
  const Ceilings& c = ceilings(device);
  const std::string name = device == Device::cpu ? "core" : description(device);
  const auto giga = [](double x) { return std::to_string(x / 1e9); };
  std::cerr << name << ": copy " << giga(c.copy) << " GB/s, triad " << giga(c.triad)
            << " GB/s, multiply-adds " << giga(c.flops) << " GFLOP/s"
            << (c.copy_in > 0 ? ", copied in " + giga(c.copy_in) + " GB/s\n" : "\n");
  const std::string prefix = device == Device::cpu ? "core_" : "gpu_";
  benchmark::AddCustomContext(prefix + "name", name);
  benchmark::AddCustomContext(prefix + "copy_GB_per_s", giga(c.copy));
  benchmark::AddCustomContext(prefix + "triad_GB_per_s", giga(c.triad));
  benchmark::AddCustomContext(prefix + "GFLOP_per_s", giga(c.flops));
  if (device == Device::cuda)
    benchmark::AddCustomContext(prefix + "copy_in_GB_per_s", giga(c.copy_in));
}

}  // namespace

float* Memory::normal(int64_t count, uint64_t seed) {
  return keep(Tensor::of<float>({count}, normal_numbers<float>(count, seed), device)).as<float>();
}

int32_t* Memory::classes(int64_t count) {
  std::vector<int32_t> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = int32_t(i % 3);
  return keep(Tensor::of<int32_t>({count}, values, device)).as<int32_t>();
}

Memory::Kept Memory::keep(const Tensor& tensor) {
  tensors_.push_back(tensor);
  return {tensor.bytes()};
}

void register_call(const std::string& name, Device device, Library library,
                   const std::function<Call(Memory&)>& prepare) {
  const std::string by = library == Library::none ? text(device) : text(library);
  auto* made = benchmark::RegisterBenchmark(
      (name + '/' + by).c_str(),
      [=](benchmark::State& state) { run(state, device, library, prepare); });
  made->Unit(benchmark::kMicrosecond);
  // On a GPU as many calls as say enough: to find their number, Google Benchmark would prepare
  // anew.
  if (device == Device::cuda) made->UseRealTime()->Iterations(4 * calls_queued);
}

}  // namespace hitsieve::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  using namespace hitsieve;
  bench::print_ceilings(Device::cpu);
  if (bench::gpu_answers())
    bench::print_ceilings(Device::cuda);
  else
    std::cerr << "GPU: left out, " << description(Device::cuda) << '\n';
  benchmark::RunSpecifiedBenchmarks();
}
