#include "nets/step_input.h"

namespace hitsieve {

void StepInput::load(int64_t step) const {
  const int64_t steps = all_ ? all_.count() / now_.count() : 0;
  check(step >= 0 && step < steps, "step input: step ", step, " of ", steps);
  const size_t bytes = size_t(now_.count()) * size_of(now_.dtype());
  pick<DeviceOps>(now_.device())
      .copy(now_.bytes(), static_cast<const char*>(all_.bytes()) + size_t(step) * bytes, bytes);
}

}  // namespace hitsieve
