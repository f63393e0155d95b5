#include <thread>

#include <doctest/doctest.h>

#include "engine/device.h"

namespace hitsieve {
namespace {

/// A contract with functions for each of cuBLAS, cuDNN and neither.
template <Library library>
struct Ops {
  const char* by;
};

}  // namespace

template <Library library>
constexpr Library library_of<Ops<library>> = library;

#define TABLES(which)                            \
  template <>                                    \
  const Ops<which> On<Ops<which>>::cpu{"cpu"};   \
  template <>                                    \
  const Ops<which> On<Ops<which>>::cuda{"cuda"}; \
  template <>                                    \
  const Ops<which> On<Ops<which>>::library {     \
    "library"                                    \
  }
TABLES(Library::none);
TABLES(Library::cublas);
TABLES(Library::cudnn);

}  // namespace hitsieve

using namespace hitsieve;

namespace {

template <Library library>
std::string computed_by(Device device) {
  return pick<Ops<library>>(device).by;
}

constexpr Library both[] = {Library::cublas, Library::cudnn};

}  // namespace

TEST_CASE("library: from the start cuBLAS is used where the build has it, and cuDNN is not") {
  CHECK(uses(Library::cublas) == built_with(Library::cublas));
  CHECK(!uses(Library::cudnn));
  CHECK(!uses(Library::none));
}

TEST_CASE("library: pick takes its functions while the thread uses it, and on cuda alone") {
  const std::string cuda = HITSIEVE_HAS_CUDA ? "cuda" : "cpu";
  const bool cudnn = built_with(Library::cudnn), cublas = built_with(Library::cublas);
  CHECK(computed_by<Library::none>(Device::cuda) == cuda);
  CHECK(computed_by<Library::cublas>(Device::cuda) == (cublas ? "library" : cuda));
  CHECK(computed_by<Library::cudnn>(Device::cuda) == cuda);
  if (cudnn) {
    const LibraryScope scope(Library::cudnn);
    CHECK(computed_by<Library::cudnn>(Device::cuda) == "library");
    CHECK(computed_by<Library::cudnn>(Device::cpu) == "cpu");
    CHECK(computed_by<Library::none>(Device::cuda) == cuda);
    {
      const LibraryScope none(Library::cudnn, false);
      CHECK(computed_by<Library::cudnn>(Device::cuda) == cuda);
    }
    CHECK(computed_by<Library::cudnn>(Device::cuda) == "library");
    std::thread([&] { CHECK(computed_by<Library::cudnn>(Device::cuda) == cuda); }).join();
  }
  CHECK(computed_by<Library::cudnn>(Device::cuda) == cuda);
  const LibraryScope ours(Library::cublas, false);
  CHECK(computed_by<Library::cublas>(Device::cuda) == cuda);
}

TEST_CASE("library: one that the build is without cannot be used") {
  for (Library library : both) {
    if (built_with(library)) continue;
    CHECK_THROWS_WITH_AS(LibraryScope{library},
                         doctest::Contains(text("without ", library).c_str()), Error);
    CHECK(!uses(library));
    const LibraryScope off(library, false);  // not to use it is no error
  }
  CHECK_THROWS_AS(LibraryScope{Library::none}, Error);
}
