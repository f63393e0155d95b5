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
# the bug not.
function(hitsieve_seeded program report)
  set(target cuda_on_host_${program})
  add_executable(${target})
  hitsieve_cuda_sources(${target} ${folder}/${target}.cu)
  target_link_libraries(${target} PRIVATE hitsieve_engine)
  foreach(kernel ${ARGN})
    add_test(NAME ${program}.${kernel} COMMAND ${target} ${kernel})
    add_test(NAME ${program}.${kernel}.correct COMMAND ${target} ${kernel} correct)
    set_tests_properties(${program}.${kernel} PROPERTIES PASS_REGULAR_EXPRESSION ${report})
    set_tests_properties(${program}.${kernel}.correct PROPERTIES PASS_REGULAR_EXPRESSION "^done"
      FAIL_REGULAR_EXPRESSION "Sanitizer|runtime error")
  endforeach()
endfunction()
if(HITSIEVE_SANITIZE STREQUAL thread)
  hitsieve_seeded(races "SUMMARY: ThreadSanitizer: data race"
    neighbour overwrite lanes shuffled count blocks ticket copied)
elseif(HITSIEVE_SANITIZE STREQUAL address)
  hitsieve_seeded(overflows "SUMMARY: AddressSanitizer"
    static_shared dynamic_shared global_memory local_array stale_shared freed_memory)
  # UndefinedBehaviorSanitizer would end the program before it.
  set_property(SOURCE ${folder}/cuda_on_host_overflows.cu APPEND PROPERTY COMPILE_OPTIONS
    -fno-sanitize=undefined)
endif()
