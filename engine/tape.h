// Reverse-mode differentiation by an explicit tape. While a Tape lives, every operation on this
// thread that has an input wanting a gradient leaves a note; backward() walks the notes in reverse.
// The order of recording is a topological order already, so there is no sort and no recursion, and
// a tensor used twice (the fork of a DANN) has its gradients summed by add_grad. No Tape, no notes:
// that is inference.
#pragma once
#include <functional>
#include <initializer_list>
#include <vector>

#include "engine/tensor.h"

namespace hitsieve {

/// Given the gradient of the output, adds to the gradients of the inputs.
using Backward = std::function<void(const Tensor& dy)>;

class Tape {
 public:
  Tape();  ///< becomes this thread's tape; an outer one waits until this one is gone
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Gradients of `weight` times the sum of the losses (one element each) with respect to every
  /// leaf that wants one. Consumes the notes: each is released as soon as it has been used.
  void backward(std::initializer_list<Tensor> losses, double weight = 1);
  void backward(const Tensor& loss, double weight = 1) { backward({loss}, weight); }
  /// The same from a tensor of any shape, given its gradient.
  void backward(const Tensor& y, const Tensor& dy);

  size_t size() const { return notes_.size(); }
  static Tape* current();

 private:
  struct Note {
    Tensor y;
    Backward backward;
  };
  friend void record(Tensor&, std::initializer_list<Tensor>, Backward);
  void walk();

  std::vector<Note> notes_;
  Tape* outer_;
};

/// Each operation calls this once, last: if there is a tape and an input wants a gradient, y wants
/// one too, and `backward` is noted. Undefined inputs (no bias) are allowed.
void record(Tensor& y, std::initializer_list<Tensor> inputs, Backward backward);

}  // namespace hitsieve
