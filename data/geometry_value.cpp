#include "data/geometry_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/check.h"
#include "engine/shown.h"

namespace hitsieve {

std::string trimmed(const std::string& line) {
  const char* blanks = " \t\r\n";
  const size_t begin = line.find_first_not_of(blanks);
  return begin == std::string::npos ? ""
                                    : line.substr(begin, line.find_last_not_of(blanks) - begin + 1);
}

double number(const std::string& value) {
  double result = 0;
  const char* begin = value.data() + (value.starts_with("+") ? 1 : 0);
  const auto [stop, error] = std::from_chars(begin, value.data() + value.size(), result);
  check(error == std::errc() && stop == value.data() + value.size() && std::isfinite(result), "'",
        shown(value), "' is not a number");
  return result;
}

int64_t whole_number(const std::string& value) {
  const double result = number(value);
  check(result == std::floor(result) && result >= 0 && result <= 1e9, "'", shown(value),
        "' is not a whole number from 0 on");
  return int64_t(result);
}

uint32_t bits(const std::string& value) {
  const bool hex = value.starts_with("0x") || value.starts_with("0X");
  uint32_t result = 0;
  const char *begin = value.data() + (hex ? 2 : 0), *end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(begin, end, result, hex ? 16 : 10);
  check(error == std::errc() && stop == end, "'", shown(value),
        "' is not a set of 32 bits, as 0xffff");
  return result;
}

bool yes_or_no(const std::string& value) {
  const bool yes = value == "1" || value == "true" || value == "yes";
  check(yes || value == "0" || value == "false" || value == "no", "'", shown(value),
        "' is neither true nor false");
  return yes;
}

GeometryVector direction(std::string value) {
  value.erase(
      std::remove_if(value.begin(), value.end(), [](char c) { return c == ' ' || c == '\t'; }),
      value.end());
  GeometryVector sum{0, 0};
  check(!value.empty(), "a direction is missing, as +1.0x -0.002y");
  for (size_t begin = 0; begin < value.size();) {
    const size_t axis = value.find_first_of("xyz", begin);
    check(axis != std::string::npos, "'", shown(value), "' is not a direction, as +1.0x -0.002y");
    std::string factor = value.substr(begin, axis - begin);
    if (factor.empty() || factor == "+" || factor == "-") factor += "1";
    const double length = number(factor);
    if (value[axis] == 'x') sum.x += length;
    if (value[axis] == 'y') sum.y += length;
    begin = axis + 1;
  }
  check(std::isfinite(sum.x) && std::isfinite(sum.y), "'", shown(value), "' is too long");
  return sum;
}

}  // namespace hitsieve
