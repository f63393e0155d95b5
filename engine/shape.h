// Up to four sizes, row-major, no strides: the last size runs fastest in memory.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>

#include "engine/check.h"

namespace hitsieve {

class Shape {
 public:
  Shape() = default;  // rank 0: one element
  Shape(std::initializer_list<int64_t> sizes) {
    check(sizes.size() <= 4, "shape: ", sizes.size(), " sizes, at most 4 are supported");
    for (int64_t size : sizes) {
      check(size >= 0, "shape: size ", size, " is negative");
      sizes_[size_t(rank_++)] = size;
    }
  }

  int rank() const { return rank_; }
  int64_t operator[](int axis) const {
    check(axis >= 0 && axis < rank_, "shape ", *this, ": no axis ", axis);
    return sizes_[size_t(axis)];
  }
  /// The number of elements.
  int64_t count() const {
    int64_t product = 1;
    for (int axis = 0; axis < rank_; ++axis) product *= sizes_[size_t(axis)];
    return product;
  }
  /// The number of elements behind one index of the first axis.
  int64_t row() const { return rank_ == 0 || sizes_[0] == 0 ? 1 : count() / sizes_[0]; }

  bool operator==(const Shape&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Shape& shape) {
    out << '(';
    for (int axis = 0; axis < shape.rank_; ++axis)
      out << (axis ? ", " : "") << shape.sizes_[size_t(axis)];
    return out << ')';
  }

 private:
  std::array<int64_t, 4> sizes_{};
  int rank_ = 0;
};

}  // namespace hitsieve
