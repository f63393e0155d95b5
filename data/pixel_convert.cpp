#include "data/pixel_convert.h"

#include <cstring>
#include <limits>
#include <type_traits>

namespace hitsieve {
namespace {

constexpr double i32_max = 2147483647;
constexpr int32_t masked = INT32_MAX, too_high = INT32_MAX - 1, too_low = INT32_MIN;

template <class To, class From>
To convert_value(From value) {
  if constexpr (std::is_same_v<To, int32_t> && std::is_integral_v<From> &&
                sizeof(From) >= sizeof(To)) {
    if (std::is_unsigned_v<From> && value == std::numeric_limits<From>::max()) return masked;
    if (value > From(INT32_MAX - 2)) return too_high;
    if constexpr (std::is_signed_v<From>)
      if (value < From(INT32_MIN + 1)) return too_low;
  }
  return To(value);
}

template <class From, class To>
void convert(const std::byte* in, std::byte* out, int64_t count) {
  if constexpr (std::is_same_v<From, To>) {
    std::memcpy(out, in, size_t(count) * sizeof(To));
  } else {
    const auto* from = reinterpret_cast<const From*>(in);
    auto* to = reinterpret_cast<To*>(out);
    for (int64_t i = 0; i < count; ++i) to[i] = convert_value<To>(from[i]);
  }
}

constexpr const char* sentinels =
    "the two highest values of the unsigned type, saturated and masked pixels, are left out";
constexpr const char* narrowed =
    "values that int32 does not hold are left out, as are saturated and masked pixels";

const PixelRule rules[] = {
    {"uint8", DType::u16, {0, 253}, convert<uint8_t, uint16_t>, sentinels},
    {"int8", DType::i16, {-128, 127}, convert<int8_t, int16_t>, nullptr},
    {"uint16", DType::u16, {0, 65533}, convert<uint16_t, uint16_t>, sentinels},
    {"int16", DType::i16, {-32768, 32767}, convert<int16_t, int16_t>, nullptr},
    {"uint32", DType::i32, {0, i32_max - 2}, convert<uint32_t, int32_t>, narrowed},
    {"int32", DType::i32, {-i32_max - 1, i32_max}, convert<int32_t, int32_t>, nullptr},
    {"uint64", DType::i32, {0, i32_max - 2}, convert<uint64_t, int32_t>, narrowed},
    {"int64", DType::i32, {-i32_max, i32_max - 2}, convert<int64_t, int32_t>, narrowed},
    {"float32", DType::f32, {-i32_max, i32_max - 2}, convert<float, float>, nullptr},
    {"float64",
     DType::f32,
     {-i32_max, i32_max - 2},
     convert<double, float>,
     "float64 pixels are rounded to float32"},
};

const PixelRule bits_of_uint32 = {
    "uint32", DType::i32, {-i32_max - 1, i32_max}, convert<int32_t, int32_t>, nullptr};

}  // namespace

const PixelRule* pixel_rule(const std::string& stored) {
  for (const PixelRule& rule : rules)
    if (stored == rule.stored) return &rule;
  return nullptr;
}

const PixelRule* mask_rule(const std::string& stored) {
  if (stored == "uint32") return &bits_of_uint32;
  const PixelRule* rule = pixel_rule(stored);
  return rule && rule->memory != DType::f32 && !stored.ends_with("64") ? rule : nullptr;
}

std::string pixel_types() {
  std::string all;
  for (const PixelRule& rule : rules) all += (all.empty() ? "" : ", ") + std::string(rule.stored);
  return all;
}

}  // namespace hitsieve
