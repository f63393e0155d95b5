// The values in a CrystFEL geometry. Each throws Error when the text is something else.
#pragma once
#include <cstdint>
#include <string>

#include "data/geometry.h"

namespace hitsieve {

/// Without blanks at both ends.
std::string trimmed(const std::string& line);

double number(const std::string& value);
/// From 0 on; CrystFEL's own programs write it as 12 or 12.000000.
int64_t whole_number(const std::string& value);
uint32_t bits(const std::string& value);  ///< "0xffff" or "65535"
bool yes_or_no(const std::string& value);
/// "+1.0x -0.002y", "-x", "0.5y+x"; z leads along the beam and is left out.
GeometryVector direction(std::string value);

}  // namespace hitsieve
