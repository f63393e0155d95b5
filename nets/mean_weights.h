// The mean of a network's weights over the steps of a training (Polyak and Juditsky 1992). Where
// the last steps go around a point, as those of two adversaries do, the mean is nearer to it than
// the last step is. Batch norm's running statistics do not take part: they follow the weights.
#pragma once
#include <vector>

#include "nets/conv_net.h"

namespace hitsieve {

class MeanWeights {
 public:
  /// Of networks like this one; the mean of none so far.
  explicit MeanWeights(ConvNet& network);
  void clear();
  void add(ConvNet& network);          ///< as it is now; a step's work, which may be replayed
  void count() { ++count_; }           ///< that a network was added; the host's part
  void add(const MeanWeights& other);  ///< all that went into it
  void store(ConvNet& network) const;  ///< Error when nothing was counted

 private:
  std::vector<Tensor> sums_;
  int64_t count_ = 0;
};

}  // namespace hitsieve
