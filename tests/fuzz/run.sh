#!/usr/bin/env bash
# Coverage-guided fuzzing of the readers, by libFuzzer with AddressSanitizer and
# UndefinedBehaviorSanitizer:
#   bash tests/fuzz/run.sh [SECONDS [READER...]]     60 seconds each of all readers, two at a time
#                                                    (AT_ONCE=4 in the environment: four at a time)
# Prints a line a reader: seconds of processor time, inputs tried, edges of the program covered, peak
# memory, inputs that failed.
# A failure is a crash, a leak, an input that takes over 10 s, memory over the bounds below, or
# anything else than an Error that names what was read. Exit 1 if there is any; the inputs are then
# in build-fuzz/failed/READER, and `build-fuzz/tests/fuzz/fuzz_seeds_READER FILE` shows what happens.
# What was found worth keeping stays in build-fuzz/corpus/READER for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
readers=("${@:2}")
[ ${#readers[@]} -gt 0 ] || readers=(chunk geom labels lst model model_file pickle)
at_once=${AT_ONCE:-2}
most_memory=1024 most_block=512  # MB, of the process with its corpus, of one allocation

bash apps/setup.sh doctest-dev clang
bash apps/setup.sh "libclang-rt-$(clang++ -dumpversion | cut -d. -f1)-dev"
mkdir -p build-fuzz
[ -w /dev/shm ] && export TMPDIR=/dev/shm  # for the files that readers want
cmake -S . -B build-fuzz -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
  -DHITSIEVE_FUZZ=ON -DHITSIEVE_SANITIZE=address -DHITSIEVE_TESTS=ON -DHITSIEVE_APPS=OFF \
  -DHITSIEVE_CUDA=OFF >build-fuzz/configure.log 2>&1 || { cat build-fuzz/configure.log; exit 1; }
targets=()
for reader in "${readers[@]}"; do targets+=("fuzz_$reader" "fuzz_seeds_$reader"); done
cmake --build build-fuzz --target "${targets[@]}" >build-fuzz/build.log 2>&1 ||
  { tail -n 60 build-fuzz/build.log; exit 1; }

fuzz() {  # reader: its line of numbers
  local reader=$1 corpus=build-fuzz/corpus/$1 failed=build-fuzz/failed/$1 log=build-fuzz/$1.log
  rm -rf "$failed"
  mkdir -p "$corpus" "$failed"
  build-fuzz/tests/fuzz/fuzz_seeds_"$reader" --write "$corpus"
  local TIMEFORMAT=%U
  { time build-fuzz/tests/fuzz/fuzz_"$reader" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=$most_memory -malloc_limit_mb=$most_block -print_final_stats=1 \
    -artifact_prefix="$PWD/$failed/" "$PWD/$corpus" >"$log" 2>&1 || true; } 2>"$log.seconds"
  local failures
  failures=$(find "$failed" -type f | wc -l)
  grep -q 'stat::number_of_executed_units' "$log" || failures="$failures, no end: see $log"
  printf '%-12s %8.0f %12s %10s %10s   %s\n' "$reader" "$(cat "$log.seconds")" \
    "$(awk '/number_of_executed_units/ {print $2}' "$log")" \
    "$(awk '{for (i = 1; i < NF; ++i) if ($i == "cov:") found = $(i + 1)} END {print found}' "$log")" \
    "$(awk '/peak_rss_mb/ {print $2 " MB"}' "$log")" "$failures"
}
export -f fuzz
export seconds most_memory most_block

printf '%-12s %8s %12s %10s %10s   %s\n' reader seconds inputs edges memory failures
printf '%s\n' "${readers[@]}" | xargs -P "$at_once" -I{} bash -c 'fuzz {}' | tee build-fuzz/results.txt
! awk '$NF != "0" {found = 1} END {exit !found}' build-fuzz/results.txt
