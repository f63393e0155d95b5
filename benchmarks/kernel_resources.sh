#!/usr/bin/env bash
# What the compiler made of each CUDA kernel, for sm_80 and sm_90: registers and shared memory of a
# block, bytes spilled, and how many of a multiprocessor's warps can be resident at once. Needs nvcc,
# no GPU. Prints the table of benchmarks/README.md and puts it there, with the least time that each
# can take by its bytes and operations (kernel_work.py), which is a prediction and no measurement.
# Compiles everything anew, as the compiler says it but once.
#   bash benchmarks/kernel_resources.sh [CARRY]       CARRY: see benchmarks/gpu_carry.sh
set -euo pipefail
cd "$(dirname "$0")/.."
carry=${1:+$(cd "$1" && pwd)} build=build-resources
export PATH=${carry:+$carry/bin:}$PATH:/usr/local/cuda/bin
mkdir -p $build
configure=(cmake -S . -B $build -G Ninja -DHITSIEVE_CUDA=ON -DHITSIEVE_APPS=OFF -DHITSIEVE_TESTS=OFF
           "-DCMAKE_CUDA_ARCHITECTURES=80-real;90-real" -DCMAKE_CUDA_FLAGS=-Xptxas=-v)
if [ -n "$carry" ]; then
  configure+=("-DCMAKE_MODULE_PATH=$carry/cmake" "-DCMAKE_PREFIX_PATH=$carry")
fi
"${configure[@]}" >$build/configure.log 2>&1 || { tail -n 20 $build/configure.log; exit 1; }
cmake --build $build --clean-first --target hitsieve_kernels -- -v >$build/build.log 2>&1 ||
  { tail -n 40 $build/build.log; exit 1; }
python3 benchmarks/kernel_resources.py $build/build.log benchmarks/README.md
