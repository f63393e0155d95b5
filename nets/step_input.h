// What a training's step reads and the next one reads anew: a batch, the learning rate. An epoch's
// is brought to the device at once, so that the host need not be waited for, and load() copies a
// step's to where the step looks for it: always the same memory, so that the step can be recorded
// and replayed (engine/repeated_work.h).
#pragma once
#include <span>

#include "engine/tensor.h"

namespace hitsieve {

class StepInput {
 public:
  /// Some steps' values, of shape `a_step` each, in place of those before. The first call decides
  /// on shape, type and device.
  template <class T>
  void bring(const Shape& a_step, std::span<const T> values, Device device) {
    if (!now_) now_ = Tensor(a_step, dtype_of<T>, device);
    check(a_step == now_.shape() && dtype_of<T> == now_.dtype() && device == now_.device(),
          "step input: of shape ", a_step, ", was ", now_.shape());
    all_ = Tensor::of<T>({std::ssize(values)}, values, device);
  }
  void load(int64_t step) const;              ///< Error for a step that was not brought
  const Tensor& now() const { return now_; }  ///< of the step that was loaded last

 private:
  Tensor all_, now_;
};

}  // namespace hitsieve
