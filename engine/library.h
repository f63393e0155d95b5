// NVIDIA's libraries as a second set of functions on cuda for what this project's kernels compute
// too. An operation that has one says so beside its contract,
//   template <class T> constexpr Library library_of<GemmKernels<T>> = Library::cublas;
// and brings On<GemmKernels<T>>::library (kernels/gemm_cublas.cu) in builds with that library.
// pick() takes it in place of On<..>::cuda while the calling thread uses the library: cuBLAS from
// the start, cuDNN only inside
//   const LibraryScope scope(Library::cudnn);
// What a library cannot compute as the contract says is an error then; nothing falls back. A
// forward and a backward pass may use different functions: what one saves the others understand.
#pragma once
#include <cstdint>
#include <ostream>
#include <utility>

#include "engine/check.h"

namespace hitsieve {

enum class Library : uint8_t { none, cublas, cudnn };

inline std::ostream& operator<<(std::ostream& out, Library library) {
  constexpr const char* names[] = {"no library", "cuBLAS", "cuDNN"};
  return out << names[int(library)];
}

/// Whether CMake found it, in a build by nvcc: the emulated CUDA has none.
constexpr bool built_with(Library library) {
  return (library == Library::cublas && HITSIEVE_HAS_CUBLAS) ||
         (library == Library::cudnn && HITSIEVE_HAS_CUDNN);
}

/// The library with a second set of functions for the contract Ops.
template <class Ops>
constexpr Library library_of = Library::none;

/// Whether the calling thread's operations on cuda are computed by the library where it can.
inline bool& uses(Library library) {
  thread_local bool used[] = {false, built_with(Library::cublas), false};
  return used[int(library)];
}

/// Switches the calling thread's use of a library on or off while it lives. Error when it is to be
/// used and this build is without it.
class LibraryScope {
 public:
  explicit LibraryScope(Library library, bool use = true) : library_(library) {
    check(!use || built_with(library), "this build is without ", library,
          ": it needs nvcc and the library when it is configured (HITSIEVE_CUDA=ON",
          library == Library::cudnn ? ", HITSIEVE_CUDNN=ON)" : ")");
    previous_ = std::exchange(uses(library), use);
  }
  ~LibraryScope() { uses(library_) = previous_; }
  LibraryScope(const LibraryScope&) = delete;
  LibraryScope& operator=(const LibraryScope&) = delete;

 private:
  Library library_;
  bool previous_;
};

}  // namespace hitsieve
