# Tests of launch, of what CUDA's operations mean, and of the emulator. The first six run on a GPU
# as well, where they check the emulator's idea of CUDA against CUDA.
if(HITSIEVE_CUDA_COMPILER STREQUAL none)
  return()
endif()
set(folder ${CMAKE_CURRENT_LIST_DIR})

hitsieve_test(cuda)
hitsieve_cuda_sources(test_cuda ${folder}/test_cuda_on_host_graphs.cu
  ${folder}/test_cuda_on_host_math.cu ${folder}/test_cuda_on_host_semantics.cu
  ${folder}/test_cuda_on_host_streams.cu ${folder}/test_divisor.cu ${folder}/test_mma.cu)
target_link_libraries(test_cuda PRIVATE hitsieve_engine)
if(NOT HITSIEVE_CUDA_COMPILER STREQUAL emulator)
  return()
endif()
hitsieve_cuda_sources(test_cuda ${folder}/test_cuda_on_host_bugs.cu
  ${folder}/test_cuda_on_host_memory.cu)
add_test(NAME cuda_deferred COMMAND test_cuda
  "--source-file=*_graphs.cu,*_math.cu,*_semantics.cu,*_streams.cu")
set_tests_properties(cuda_deferred PROPERTIES ENVIRONMENT HITSIEVE_EMU_ASYNC=1)

# The race and overflow checkers themselves: kernels with one bug each must be reported, and without
# the bug not. Each program has its own copy of the emulator, with its sanitizer.
function(hitsieve_seeded program define report options)
  set(target cuda_on_host_${program})
  get_target_property(emulator hitsieve_cuda_on_host SOURCES)
  list(TRANSFORM emulator PREPEND ${PROJECT_SOURCE_DIR}/engine/cuda_on_host/)
  add_library(${target}_emulator OBJECT ${emulator})
  add_executable(${target} ${folder}/${target}.cu ${PROJECT_SOURCE_DIR}/engine/parallel.cpp
    ${PROJECT_SOURCE_DIR}/engine/philox.cpp)
  set_source_files_properties(${folder}/${target}.cu PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-x;c++")
  target_compile_definitions(${target} PRIVATE HITSIEVE_EMULATOR=1)
  target_compile_definitions(${target}_emulator PRIVATE HITSIEVE_EMULATOR=1 ${define})
  target_compile_options(${target} PRIVATE ${options} -g -O1)
  target_compile_options(${target}_emulator PRIVATE -g -O1)
  if(NOT define)  # ThreadSanitizer must not see the emulator, AddressSanitizer must
    target_compile_options(${target}_emulator PRIVATE ${options})
  endif()
  target_link_options(${target} PRIVATE ${options})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_include_directories(${target}_emulator PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE ${target}_emulator Threads::Threads)
  foreach(kernel ${ARGN})
    add_test(NAME ${program}.${kernel} COMMAND ${target} ${kernel})
    add_test(NAME ${program}.${kernel}.correct COMMAND ${target} ${kernel} correct)
    set_tests_properties(${program}.${kernel} PROPERTIES PASS_REGULAR_EXPRESSION
      "SUMMARY: ${report}")
    set_tests_properties(${program}.${kernel}.correct PROPERTIES PASS_REGULAR_EXPRESSION "^done"
      FAIL_REGULAR_EXPRESSION "Sanitizer")
  endforeach()
endfunction()
if(NOT HITSIEVE_SANITIZE)
  hitsieve_seeded(races HITSIEVE_EMU_TSAN=1 "ThreadSanitizer: data race" -fsanitize=thread
    neighbour overwrite lanes shuffled count blocks ticket copied)
  hitsieve_seeded(overflows "" "AddressSanitizer" -fsanitize=address,undefined
    static_shared dynamic_shared global_memory local_array stale_shared freed_memory)
endif()
