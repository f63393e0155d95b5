// Element types. Networks compute in f32; f64 is there so that gradients can be checked sharply;
// the integers are raw pixels (u16, i16, i32), labels (i32) and masks (u8).
#pragma once
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <utility>

#include "engine/check.h"

namespace hitsieve {

enum class DType : uint8_t { f32, f64, i32, u16, i16, u8 };

constexpr size_t size_of(DType type) {
  constexpr size_t bytes[] = {4, 8, 4, 2, 2, 1};
  return bytes[size_t(type)];
}

constexpr const char* name_of(DType type) {
  constexpr const char* names[] = {"float32", "float64", "int32", "uint16", "int16", "uint8"};
  return names[size_t(type)];
}

inline std::ostream& operator<<(std::ostream& out, DType type) { return out << name_of(type); }

/// dtype_of<float> == DType::f32, and so on.
template <class T>
inline constexpr DType dtype_of = [] { static_assert(sizeof(T) == 0, "no such element type"); }();
template <>
inline constexpr DType dtype_of<float> = DType::f32;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<int32_t> = DType::i32;
template <>
inline constexpr DType dtype_of<uint16_t> = DType::u16;
template <>
inline constexpr DType dtype_of<int16_t> = DType::i16;
template <>
inline constexpr DType dtype_of<uint8_t> = DType::u8;

/// Calls body.template operator()<T>() with T = float or double; any other type is an error.
template <class Body>
decltype(auto) by_float(DType type, const char* who, Body&& body) {
  check(type == DType::f32 || type == DType::f64, who, ": ", type, " is not a float type");
  if (type == DType::f64) return std::forward<Body>(body).template operator()<double>();
  return std::forward<Body>(body).template operator()<float>();
}

/// The same with T a raw pixel type: uint16_t, int16_t, int32_t or float.
template <class Body>
decltype(auto) by_pixel(DType type, const char* who, Body&& body) {
  check(type != DType::f64 && type != DType::u8, who, ": ", type,
        " is not a pixel type (uint16, int16, int32, float32)");
  if (type == DType::u16) return std::forward<Body>(body).template operator()<uint16_t>();
  if (type == DType::i16) return std::forward<Body>(body).template operator()<int16_t>();
  if (type == DType::i32) return std::forward<Body>(body).template operator()<int32_t>();
  return std::forward<Body>(body).template operator()<float>();
}

}  // namespace hitsieve
