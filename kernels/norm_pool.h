// What follows a convolution: y = relu(max_pool2d(batch_norm(x))), in one operation. Batch norm
// keeps the order of a channel's values, or turns it where the channel's weight is negative. So the
// pool comes first, and only the largest value of each window, or the smallest, is normalised; y
// has the bits of the three operations one after another. Training is bound by memory here: x is
// read twice on the way forth and once on the way back, where dx is written, and all else has the
// size of y.
#pragma once
#include "engine/communicator.h"
#include "kernels/batch_norm.h"
#include "kernels/pool2d.h"

namespace hitsieve {

/// x (N, C, H, W); weight, bias, running_mean, running_var (C) -> y (N, C, P, Q). f32 or f64, all
/// on one device. Of several largest values in a window the first, row by row, gets the gradient.
/// With `together`, in training: x is this process's part of the batch, whose statistics are those
/// of all parts; the gradients of weight and bias are this part's, to be summed over the processes.
Tensor norm_pool(const Tensor& x, const Tensor& weight, const Tensor& bias,
                 const Tensor& running_mean, const Tensor& running_var,
                 const BatchNormOptions& norm, const Pool2dOptions& pool,
                 const Communicator* together = nullptr);

/// Nothing is pooled: a window is an element.
HS_HD inline bool is_identity(const Pool2dSizes& s) {
  return s.area() == s.pixels() && s.y.kernel == 1 && s.x.kernel == 1;
}

/// What a device brings besides batch norm's passes. Planes are (n, c); mean, inverse_std, weight,
/// bias and the sums have C elements. `extremes` [planes][area] has of each window the largest x,
/// or the smallest where weight[c] < 0; where is_identity, it is null and means x itself.
template <class T>
struct NormPoolKernels {
  /// extremes and y = relu(normalised(extremes)).
  void (*forward)(const Pool2dSizes& sizes, int64_t C, const T* x, const T* mean,
                  const T* inverse_std, const T* weight, const T* bias, T* extremes, T* y);
  /// `slopes` [planes][area] go to the windows' extremes, and from there on as in
  /// BatchNormPasses<T>::backward_x.
  void (*backward_x)(const Pool2dSizes& sizes, int64_t C, int64_t values, const T* slopes,
                     const T* x, const T* extremes, const T* mean, const T* inverse_std,
                     const T* weight, const T* dweight, const T* dbias, T* dx);
};

}  // namespace hitsieve
