// What tests of operations use that a library of NVIDIA's has too: the same test's body by both.
#pragma once
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "engine/device.h"

namespace hitsieve::test {

/// Whether a library's functions can be run here; when not, that is said once.
inline bool can_be_run(Library library) {
  static bool said[3];
  const bool built = built_with(library), gpu = available(Device::cuda);
  if ((!built || !gpu) && !std::exchange(said[int(library)], true)) {
    const std::string why = built ? "no GPU answers" : "this build is without it";
    MESSAGE(text(library, " is not tested: ", why));
  }
  return built && gpu;
}

/// Runs a test's body by this project's functions, and on a GPU by the library's too; uses(library)
/// tells which.
template <class Body>
void on_every_table(Device device, Library library, Body&& body) {
  {
    const LibraryScope ours(library, false);
    body();
  }
  if (!can_be_run(library) || device != Device::cuda) return;
  const LibraryScope theirs(library);
  INFO("by a library");
  body();
}

/// A tolerance for this project's functions, and the one for a library's, whose sums are made in
/// another order and perhaps by transforms.
inline double within(Library library, double ours, double theirs) {
  return uses(library) ? theirs : ours;
}

}  // namespace hitsieve::test
