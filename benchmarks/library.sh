#!/usr/bin/env bash
# The library's figures in README: its size without symbols, what it needs at run time, and how long
# one frame takes, first call to last.
#   bash benchmarks/library.sh
set -euo pipefail
cd "$(dirname "$0")/.."
bash apps/setup.sh libbenchmark-dev binutils
build=build-speed
mkdir -p $build
cmake -S . -B $build -G Ninja -DHITSIEVE_CUDA=OFF -DHITSIEVE_TESTS=OFF -DHITSIEVE_BENCHMARKS=ON \
  >$build/configure.log
cmake --build $build --target hitsieve_library hitsieve_benchmarks >$build/build.log 2>&1 ||
  { tail -n 40 $build/build.log; exit 1; }
library=$build/apps/library/libhitsieve.so
strip -o $build/stripped.so "$library"
echo "libhitsieve.so, stripped: $(($(stat -c %s $build/stripped.so) / 1000)) kB"
echo "needs: $(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | tr '\n' ' ')"
grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: //'
$build/benchmarks/hitsieve_benchmarks --benchmark_filter=latency --benchmark_counters_tabular=true \
  2>/dev/null
