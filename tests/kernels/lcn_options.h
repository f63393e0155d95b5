// The kinds of local contrast normalisation that its operations are tested with.
#pragma once
#include <vector>

#include "kernels/lcn.h"

namespace hitsieve::test {

/// Every kind of local contrast normalisation.
inline const std::vector<LcnOptions> all_options = {
    {},
    {.kind = Window::gaussian},
    {.floor = Floor::mean_deviation},
    {.floor_factor = 6},
    {.floor = Floor::mean_deviation, .floor_factor = 0.5},
    {.kind = Window::gaussian, .floor = Floor::mean_deviation},
    {.window = 3},
    {.window = 9, .kind = Window::gaussian, .sigma = 2},
};

}  // namespace hitsieve::test
