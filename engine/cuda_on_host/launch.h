// The emulator's side of launch() in engine/launch.cuh, and SHARED.
#pragma once
#include <type_traits>

#include "engine/cuda_on_host/grid.h"
#include "engine/cuda_on_host/runtime.h"

namespace hitsieve::emu {

/// Puts the kernel on the stream. Throws on sizes that no GPU takes; a bug in the kernel is thrown
/// where the kernel runs: here, or where something waits for it (set_async).
void launch(Grid grid, Stream* stream);

template <class T>
void check_argument(const T& argument, int index, const char* file, int line) {
  if constexpr (std::is_pointer_v<T> && !std::is_function_v<std::remove_pointer_t<T>>)
    check_pointer_argument(const_cast<const void*>(static_cast<const volatile void*>(argument)),
                           index, file, line);
}

}  // namespace hitsieve::emu

// `name` refers to the block's own array; the static variable's address stands for the declaration.
#define HITSIEVE_EMU_SHARED(type, name, ...)                                    \
  typedef type name##_shared_type __VA_ARGS__;                                  \
  static const char name##_shared_key = 0;                                      \
  auto& name = *static_cast<name##_shared_type*>(::hitsieve::emu::shared_array( \
      &name##_shared_key, sizeof(name##_shared_type), alignof(name##_shared_type), #name))
#define HITSIEVE_EMU_DYN_SHARED(type, name) \
  type* const name = static_cast<type*>(::hitsieve::emu::dynamic_shared())
