// y = the first rows of x: how a batch of two domains, normalised together, is taken apart again.
#pragma once
#include "engine/tensor.h"

namespace hitsieve {

/// x (N, F) -> (rows, F), f32 or f64, 1 <= rows <= N. A copy; the gradient of the other rows is
/// 0. All that it asks of a device is to copy and fill memory, so there is no table.
Tensor first_rows(const Tensor& x, int64_t rows);

}  // namespace hitsieve
