// The picture of dann_example: a column a network, above how it tells the classes apart, below how
// it tells the domains apart.
#pragma once
#include <string>
#include <vector>

#include "apps/dann_moons.h"

namespace hitsieve {

struct MoonColumn {
  std::string name;
  TrainedMoons trained;
};

/// Writes a PNG. Error when cairo cannot.
void write_moons_picture(const std::vector<MoonColumn>& networks, const std::string& path);

}  // namespace hitsieve
