#!/usr/bin/env bash
# The figures of README's "Speed", all in one run: the Google Benchmark programs, then whole commands
# on 2,000 uncompressed frames. Ratios are what counts; rates belong to the machine that ran them.
#   bash benchmarks/speed.sh [FOLDER [FILTER]]    2.1 GB of frames go to FOLDER (default: out/speed);
#                                                 FILTER: a regular expression of benchmarks
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-out/speed}
bash apps/setup.sh libbenchmark-dev time
build=build-speed
mkdir -p "$folder" "$build"
cmake -S . -B $build -G Ninja -DHITSIEVE_CUDA=OFF -DHITSIEVE_TESTS=OFF -DHITSIEVE_BENCHMARKS=ON \
  >$build/configure.log
cmake --build $build >$build/build.log 2>&1 || { tail -n 40 $build/build.log; exit 1; }
hitsieve=$build/apps/hitsieve
frames=2000

grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: //'
echo "$(nproc) cores, $(date -u +%F)"
$build/benchmarks/hitsieve_benchmarks --benchmark_min_time=0.5 \
  --benchmark_filter="${2:-.}" --benchmark_out="$folder/speed.json" \
  --benchmark_out_format=json --benchmark_counters_tabular=true 2>/dev/null

if [ ! -e "$folder/run.cxi" ]; then
  $hitsieve simulate -q --like LN84 -n $frames --seed 3 --compression 0 -o "$folder/run.cxi"
fi
cat "$folder/run.cxi" >/dev/null  # into the page cache
seconds() { /usr/bin/time -f '%e s, peak memory %M kB' "$@" 2>&1 >/dev/null | tail -n 1; }
train=(train -q -i "$folder/run.cxi" --train 200 --validate 200 -o "$folder/model.h5" --overwrite)
screen=(screen -q -m "$folder/model.h5" --overwrite -o "$folder/hits.lst")
echo "train on 200 labels, validate on 200:  $(seconds $hitsieve "${train[@]}")"
for threads in 1 0; do
  echo "screen $frames uncompressed frames, -j $threads:  $(
    seconds $hitsieve "${screen[@]}" -j $threads -i "$folder/run.cxi")"
done
for i in $(seq 10); do echo "$folder/run.cxi"; done >"$folder/ten.lst"
for i in $(seq 0 199); do echo "$folder/run.cxi //$i"; done >"$folder/some.lst"
echo "screen 200 frames:     $(seconds $hitsieve "${screen[@]}" -i "$folder/some.lst")"
echo "screen 20,000 frames:  $(seconds $hitsieve "${screen[@]}" -i "$folder/ten.lst")"
