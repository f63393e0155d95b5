#!/usr/bin/env bash
# Sets up, builds and passes the tests:
#   bash tests/run.sh             all of the below, in this order
#   bash tests/run.sh release     all but what a sanitizer has to see; the CUDA kernels run in the
#                                 emulator, on the host
#   bash tests/run.sh address     all but the command's, under AddressSanitizer and
#                                 UndefinedBehaviorSanitizer, and that overflows are seen
#   bash tests/run.sh thread      the emulated kernels and the threaded code under ThreadSanitizer,
#                                 and that races are seen
#   bash tests/run.sh nvcc        the build with nvcc, where it is found; its tests on a GPU if any
# Fuzzing of the readers is tests/fuzz/run.sh; here its targets read their seeds.
# Builds are kept in build-test/ and used again.
set -euo pipefail
cd "$(dirname "$0")/.."
bash apps/setup.sh doctest-dev libbenchmark-dev libopenmpi-dev openmpi-bin binutils dpkg-dev groff-base python3-numpy python3-h5py

build_and_test() {  # name, targets, regular expression of tests, cmake options...
  local folder=build-test/$1 targets=$2 tests=$3
  shift 3
  echo "== $folder: $*"
  mkdir -p "$folder"
  cmake -S . -B "$folder" -G Ninja -DHITSIEVE_WERROR=ON -DHITSIEVE_TESTS=ON "$@" \
    >"$folder/configure.log" 2>&1 || { cat "$folder/configure.log"; exit 1; }
  # shellcheck disable=SC2086
  cmake --build "$folder" --target $targets >"$folder/build.log" 2>&1 ||
    { tail -n 60 "$folder/build.log"; exit 1; }
  ctest --test-dir "$folder" -j "$(nproc)" --output-on-failure -R "$tests"
}

steps=("$@")
[ $# -gt 0 ] || steps=(release address thread nvcc)
for step in "${steps[@]}"; do
  case $step in
    release)
      build_and_test release all . -DHITSIEVE_CUDA=EMULATED -DHITSIEVE_BENCHMARKS=ON ;;
    address)
      build_and_test address all '^(engine|kernels_.|cuda|cuda_deferred|overflows.*|data|nets|library|fuzz_.*)$' \
        -DHITSIEVE_CUDA=EMULATED -DHITSIEVE_SANITIZE=address -DHITSIEVE_APPS=OFF ;;
    thread)
      build_and_test thread \
        "test_engine test_kernels test_cuda test_threads test_library cuda_on_host_races" \
        '^(engine|kernels_.|cuda|cuda_deferred|races.*|threads|library)$' \
        -DHITSIEVE_CUDA=EMULATED -DHITSIEVE_SANITIZE=thread -DHITSIEVE_APPS=OFF ;;
    nvcc)
      if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then
        # Without a GPU: that all is compiled, for the oldest and not well, as nothing of it runs,
        # and linked; and the calls of NVIDIA's libraries.
        targets="test_engine test_cuda test_library test_library_calls"
        tests='^(engine|library|library_calls)$'
        options=(-DHITSIEVE_APPS=OFF -DCMAKE_CUDA_ARCHITECTURES=80-real
          "-DCMAKE_CUDA_FLAGS=-Xcicc -O1 -Xptxas -O0")
        if nvidia-smi -L >/dev/null 2>&1; then targets=all tests=. options=(); fi
        build_and_test nvcc "$targets" "$tests" -DHITSIEVE_CUDA=ON "${options[@]}"
      else
        echo "== no nvcc here: its build is left out"
      fi ;;
    *) echo "tests/run.sh: no step \"$step\" (release, address, thread, nvcc)" >&2; exit 2 ;;
  esac
done
