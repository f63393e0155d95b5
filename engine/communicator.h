// Processes that do one thing together, each a part of it, and sum what they have.
#pragma once
#include <vector>

#include "engine/tensor.h"

namespace hitsieve {

class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;  ///< 0, 1, ... count() - 1
  virtual int count() const = 0;
  /// x = the sum of all processes' x, the same bits in each. f32 or f64, any device. All call it in
  /// the same order, with the same shape.
  virtual void sum(const Tensor& x) const = 0;
};

/// Rows [first, first + count) of `of`.
struct Share {
  int64_t first = 0, count = 0, of = 0;
  double fraction() const { return double(count) / double(of); }
};

/// This process's part of so many rows; all of them where there are no others (null).
Share share_of(int64_t rows, const Communicator* together);

/// The same for numbers in host memory; nothing to do where there are no others.
void sum(std::vector<float>& x, const Communicator* together);
void sum(std::vector<double>& x, const Communicator* together);

}  // namespace hitsieve
