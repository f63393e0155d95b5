#include "engine/tape.h"

#include <algorithm>

namespace hitsieve {
namespace {
thread_local Tape* current_tape = nullptr;
}

Tape::Tape() : outer_(current_tape) { current_tape = this; }
Tape::~Tape() { current_tape = outer_; }
Tape* Tape::current() { return current_tape; }

void record(Tensor& y, std::initializer_list<Tensor> inputs, Backward backward) {
  if (!current_tape) return;
  if (std::none_of(inputs.begin(), inputs.end(), [](auto& x) { return x.requires_grad(); })) return;
  y.require_grad();
  current_tape->notes_.push_back({y, std::move(backward)});
}

void Tape::backward(std::initializer_list<Tensor> losses, double weight) {
  for (const Tensor& loss : losses) {
    check(loss.count() == 1, "backward: the loss has shape ", loss.shape(),
          ", expected one element");
    check(loss.requires_grad(), "backward: the loss depends on no tensor that wants a gradient");
    const Tensor gradient(loss.shape(), loss.dtype(), loss.device());
    gradient.fill(weight);
    loss.add_grad(gradient);
  }
  walk();
}

void Tape::backward(const Tensor& y, const Tensor& dy) {
  check(y.requires_grad(), "backward: y depends on no tensor that wants a gradient");
  y.add_grad(dy);
  walk();
}

void Tape::walk() {
  check(current_tape == this, "backward: this tape is not the thread's current one");
  std::vector<Note> notes = std::move(notes_);
  notes_.clear();
  current_tape = nullptr;  // what a backward function computes is not recorded
  try {
    for (; !notes.empty(); notes.pop_back()) {
      const Note& note = notes.back();
      if (const Tensor dy = note.y.grad()) note.backward(dy);
    }
  } catch (...) {
    current_tape = this;
    throw;
  }
  current_tape = this;
}

}  // namespace hitsieve
