// What a batch is normalised by, also where every process has a part of the batch.
#pragma once
#include "engine/communicator.h"
#include "kernels/batch_norm.h"

namespace hitsieve {

/// Of all of a batch, or given: (C) each.
struct BatchStatistics {
  int64_t values = 0;  ///< a channel
  Tensor mean, inverse_std;
};

/// Of x in training, where the running estimates are moved; in inference the running estimates as
/// they are now. With `together`, x is this process's part, of at least two values a channel, and
/// the statistics are those of all parts one after another, up to rounding.
template <class T>
BatchStatistics batch_statistics(const BatchNormSizes& sizes, const BatchNormOptions& options,
                                 const Tensor& x, const Tensor& running_mean,
                                 const Tensor& running_var, const Communicator* together);

}  // namespace hitsieve
