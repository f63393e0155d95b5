// How an operation is measured: a call prepared on a device, timed, and set against what the
// machine can do at most. Each operation has a file in operations/, which says for each of its
// passes
//   measure<ReluKernels<float>>("relu/forward", [](Memory& memory, const auto& by) -> Call {...});
// with the bytes that the pass has to read and write and the arithmetic it has to do at the least.
// That registers relu/forward/cpu, on one thread, and where there is a GPU relu/forward/cuda and,
// where a library computes the same, relu/forward/cuDNN.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/ceilings.h"
#include "benchmarks/shapes.h"
#include "engine/philox.h"
#include "engine/tensor.h"

namespace hitsieve::bench {

/// A device's memory for a measurement, kept until it is over.
class Memory {
 public:
  explicit Memory(Device where) : device(where) {}
  float* normal(int64_t count, uint64_t seed = 1);  ///< normally distributed
  int32_t* classes(int64_t count);                  ///< 0, 1, 2, 0, 1, ...
  template <class T>
  T* zeros(int64_t count) {
    return keep(Tensor::of<uint8_t>({count * int64_t(sizeof(T))},
                                    std::vector<uint8_t>(size_t(count) * sizeof(T)), device))
        .template as<T>();
  }
  struct Kept {
    void* bytes;
    template <class T>
    T* as() const {
      return static_cast<T*>(bytes);
    }
  };
  Kept keep(const Tensor& tensor);

  const Device device;

 private:
  std::vector<Tensor> tensors_;
};

/// Normally distributed. Tens of millions of numbers would take seconds to draw: the same ones come
/// again and again.
template <class T>
std::vector<T> normal_numbers(int64_t count, uint64_t seed = 1, double deviation = 1) {
  constexpr size_t drawn = 1 << 20;
  Random random(seed);
  std::vector<T> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = i < drawn ? T(deviation * random.normal()) : values[i - drawn];
  return values;
}

struct Call {
  std::function<void()> run;
  double bytes = 0, flops = 0;  ///< at the least: inputs read once, outputs written once
  double items = 0;             ///< frames, vectors, images; 0: nobody counts them
};

inline double f32(int64_t count) { return 4 * double(count); }  ///< bytes

/// Registers NAME/cpu, NAME/cuda or NAME/LIBRARY.
void register_call(const std::string& name, Device device, Library library,
                   const std::function<Call(Memory&)>& prepare);

/// On the CPU; on the GPU if one answers; by the library if there is one for these functions.
template <class Ops, class Prepare>
bool measure(const std::string& name, Prepare prepare) {
  const auto on = [&](Device device, Library library) {
    register_call(name, device, library,
                  [=](Memory& memory) -> Call { return prepare(memory, pick<Ops>(device)); });
  };
  on(Device::cpu, Library::none);
  if (!gpu_answers()) return true;
  on(Device::cuda, Library::none);
  if constexpr (built_with(library_of<Ops>)) on(Device::cuda, library_of<Ops>);
  return true;
}

inline bool measure_on_cpu(const std::string& name, const std::function<Call(Memory&)>& prepare) {
  register_call(name, Device::cpu, Library::none, prepare);
  return true;
}

inline bool measure_on_gpu(const std::string& name, const std::function<Call(Memory&)>& prepare) {
  if (gpu_answers()) register_call(name, Device::cuda, Library::none, prepare);
  return true;
}

/// The same of an operation on tensors, for those that bring no functions of their own.
inline bool measure(const std::string& name, const std::function<Call(Memory&)>& prepare) {
  return measure_on_cpu(name, prepare) && measure_on_gpu(name, prepare);
}

}  // namespace hitsieve::bench
