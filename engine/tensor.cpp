#include "engine/tensor.h"

#include <cstring>

#include "engine/tape.h"

namespace hitsieve {
namespace {

/// Bytes on one device, freed with the last tensor on them.
class Storage {
 public:
  Storage(size_t bytes, Device device) : device_(device), ops_(pick<DeviceOps>(device)) {
    check(available(device), "no ", device, " device: ", description(device));
    memory_ = ops_.allocate(bytes);
  }
  ~Storage() { ops_.release(memory_); }
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* memory() const { return memory_; }
  Device device() const { return device_; }
  const DeviceOps& ops() const { return ops_; }

 private:
  void* memory_ = nullptr;
  Device device_;
  const DeviceOps& ops_;
};

}  // namespace

struct Tensor::Impl {
  std::shared_ptr<Storage> storage;
  Shape shape;
  DType dtype;
  bool requires_grad = false;
  Tensor grad;

  size_t bytes() const { return size_t(shape.count()) * size_of(dtype); }
};

Tensor::Tensor(const Shape& shape, DType dtype, Device device)
    : impl_(std::make_shared<Impl>(Impl{nullptr, shape, dtype, false, {}})) {
  impl_->storage = std::make_shared<Storage>(impl_->bytes(), device);
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) {
  Tensor tensor(shape, dtype, device);
  tensor.fill(0);
  return tensor;
}

Tensor Tensor::numbers(std::span<const double> values, Device device) {
  const Tensor tensor({std::ssize(values)}, DType::f64, device);
  for (size_t i = 0; i < values.size(); ++i)
    tensor.impl_->storage->ops().fill_f64(tensor.data<double>() + i, values[i], 1);
  return tensor;
}

const Shape& Tensor::shape() const {
  check(defined(), "tensor: undefined");
  return impl_->shape;
}

DType Tensor::dtype() const {
  check(defined(), "tensor: undefined");
  return impl_->dtype;
}

Device Tensor::device() const {
  check(defined(), "tensor: undefined");
  return impl_->storage->device();
}

void* Tensor::bytes() const {
  check(defined(), "tensor: undefined");
  return impl_->storage->memory();
}

void Tensor::assign(const void* host, size_t bytes) const {
  check(bytes == impl_->bytes(), "tensor ", shape(), ": given ", bytes / size_of(dtype()),
        " values, it holds ", count());
  impl_->storage->ops().copy_in(impl_->storage->memory(), host, bytes);
}

void Tensor::copy_out(void* host, size_t bytes) const {
  impl_->storage->ops().copy_out(host, impl_->storage->memory(), bytes);
}

Tensor Tensor::to(Device device) const {
  if (device == this->device()) return *this;
  Tensor copy(shape(), dtype(), device);
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::clone() const {
  Tensor copy(shape(), dtype(), device());
  copy.copy_from(*this);
  return copy;
}

void Tensor::copy_from(const Tensor& other) const {
  check_shape("copy_from", "other", other, shape());
  check(other.dtype() == dtype(), "copy_from: ", other.dtype(), " into ", dtype());
  const Storage &to = *impl_->storage, &from = *other.impl_->storage;
  if (to.device() == from.device()) {
    to.ops().copy(to.memory(), from.memory(), impl_->bytes());
  } else if (to.device() == Device::cuda) {
    to.ops().copy_in(to.memory(), from.memory(), impl_->bytes());
  } else {
    from.ops().copy_out(to.memory(), from.memory(), impl_->bytes());
  }
}

Tensor Tensor::detached() const {
  check(defined(), "tensor: undefined");
  Tensor y;
  y.impl_ = std::make_shared<Impl>(Impl{impl_->storage, shape(), dtype(), false, {}});
  return y;
}

Tensor Tensor::reshaped(const Shape& shape) const {
  check(shape.count() == count(), "reshaped: ", this->shape(), " does not fit ", shape);
  Tensor y;
  y.impl_ = std::make_shared<Impl>(Impl{impl_->storage, shape, dtype(), false, {}});
  record(y, {*this}, [x = *this](const Tensor& dy) { x.add_grad(dy.reshaped(x.shape())); });
  return y;
}

void Tensor::fill(double value) const {
  const DeviceOps& ops = impl_->storage->ops();
  by_float(dtype(), "fill", [&]<class T>() {
    if constexpr (std::is_same_v<T, float>)
      ops.fill_f32(data<float>(), float(value), count());
    else
      ops.fill_f64(data<double>(), value, count());
  });
}

Tensor& Tensor::require_grad(bool wanted) {
  by_float(dtype(), "require_grad", []<class T>() {});
  impl_->requires_grad = wanted;
  return *this;
}

bool Tensor::requires_grad() const { return defined() && impl_->requires_grad; }

Tensor Tensor::grad() const { return defined() ? impl_->grad : Tensor(); }

void Tensor::add_grad(const Tensor& dx) const {
  if (!requires_grad()) return;
  check_like("add_grad", "dx", dx, *this);
  check_shape("add_grad", "dx", dx, shape());
  if (!impl_->grad) {
    impl_->grad = dx;
    return;
  }
  // Out of place: the first gradient may be shared with another tensor (a reshape, a sum).
  const Tensor sum = impl_->grad.clone();
  const DeviceOps& ops = impl_->storage->ops();
  if (dtype() == DType::f32)
    ops.add_f32(sum.data<float>(), dx.data<float>(), count());
  else
    ops.add_f64(sum.data<double>(), dx.data<double>(), count());
  impl_->grad = sum;
}

void Tensor::clear_grad() const {
  if (defined()) impl_->grad = Tensor();
}

void check_like(const char* who, const char* name, const Tensor& t, const Tensor& like) {
  check(t.defined(), who, ": ", name, " is undefined");
  check(t.dtype() == like.dtype(), who, ": ", name, " is ", t.dtype(), ", expected ", like.dtype());
  check(t.device() == like.device(), who, ": ", name, " is on ", t.device(), ", expected on ",
        like.device());
}

void check_shape(const char* who, const char* name, const Tensor& t, const Shape& shape) {
  check(t.defined(), who, ": ", name, " is undefined");
  check(t.shape() == shape, who, ": ", name, " has shape ", t.shape(), ", expected ", shape);
}

}  // namespace hitsieve
