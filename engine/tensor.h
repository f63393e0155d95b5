// A dense array on one device: at most four sizes, row-major, contiguous. A Tensor is a handle:
// copies share the data and the gradient. Nothing moves between devices unless to() says so.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "engine/device.h"
#include "engine/dtype.h"
#include "engine/shape.h"

namespace hitsieve {

class Tensor {
 public:
  Tensor() = default;  ///< undefined: no shape, no data
  /// Uninitialised memory. Throws if the device is not available or out of memory.
  explicit Tensor(const Shape& shape, DType dtype = DType::f32, Device device = Device::cpu);
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32, Device device = Device::cpu);
  /// A copy of `values`, row-major; their number must be shape.count().
  template <class T>
  static Tensor of(const Shape& shape, std::span<const T> values, Device device = Device::cpu) {
    Tensor tensor(shape, dtype_of<T>, device);
    tensor.assign(values.data(), values.size() * sizeof(T));
    return tensor;
  }
  template <class T>
  static Tensor of(const Shape& shape, const std::vector<T>& values, Device device = Device::cpu) {
    return of(shape, std::span<const T>(values), device);
  }

  /// f64, of a few numbers; a GPU is not waited for.
  static Tensor numbers(std::span<const double> values, Device device);

  bool defined() const { return impl_ != nullptr; }
  explicit operator bool() const { return defined(); }
  const Shape& shape() const;
  DType dtype() const;
  Device device() const;
  int64_t count() const { return shape().count(); }

  /// The elements, on device(). Throws if T is not the tensor's type.
  template <class T>
  T* data() const {
    check(dtype_of<T> == dtype(), "tensor of ", dtype(), " read as ", dtype_of<T>);
    return static_cast<T*>(bytes());
  }
  void* bytes() const;
  /// A copy of the elements in host memory.
  template <class T>
  std::vector<T> values() const {
    check(dtype_of<T> == dtype(), "tensor of ", dtype(), " read as ", dtype_of<T>);
    std::vector<T> host(static_cast<size_t>(count()));
    copy_out(host.data(), host.size() * sizeof(T));
    return host;
  }

  /// The same tensor if it is there already, else a copy on that device, not on the tape.
  Tensor to(Device device) const;
  Tensor clone() const;  ///< a copy with memory of its own, not on the tape
  /// The same elements under another shape of equal count; differentiable.
  Tensor reshaped(const Shape& shape) const;
  Tensor detached() const;  ///< the same elements, not on the tape
  /// Overwrites the elements with those of `other`: same shape and type, any device.
  void copy_from(const Tensor& other) const;
  void fill(double value) const;  ///< f32 and f64 only

  /// Marks a leaf (a parameter) whose gradient is wanted.
  Tensor& require_grad(bool wanted = true);
  bool requires_grad() const;
  Tensor grad() const;  ///< undefined until a backward pass has reached this tensor
  /// grad += dx; checks shape, type and device. Backward functions call this.
  void add_grad(const Tensor& dx) const;
  void clear_grad() const;

 private:
  struct Impl;
  void assign(const void* host, size_t bytes) const;
  void copy_out(void* host, size_t bytes) const;
  std::shared_ptr<Impl> impl_;
};

/// Throws, naming `who` and `name`, unless t is defined and has this type and device.
void check_like(const char* who, const char* name, const Tensor& t, const Tensor& like);
void check_shape(const char* who, const char* name, const Tensor& t, const Shape& shape);

}  // namespace hitsieve
