#!/usr/bin/env bash
# Everything that only a GPU can show, in one command of less than ten minutes: builds with nvcc,
# runs the tests on the device, compute-sanitizer on the kernels' tests, all benchmarks, and the same
# work in PyTorch where there is one; writes benchmarks/results/DEVICE-DATE.json and the table in
# benchmarks/README.md. Needs nvcc, g++, CMake and python3; what else the build needs comes from
# CARRY (benchmarks/gpu_carry.sh) or from the system; the frames, and the model, that both devices
# must decide alike on too, else simulated ones. A step that fails or takes too long is noted, and
# the next one goes on.
#   bash benchmarks/gpu.sh [CARRY]
# Environment: OUT (out/gpu), STEPS (those to run, by name; what OUT has of the others counts on),
# ARCHITECTURES (of the device that is here, else 80;90), PYTHON (python3).
set -uo pipefail
cd "$(dirname "$0")/.."
carry=${1:+$(cd "$1" && pwd)} out=${OUT:-out/gpu} python=${PYTHON:-python3} build=build-gpu
mkdir -p "$out" $build
out=$(cd "$out" && pwd)
if [ -z "${STEPS:-}" ]; then  # nothing of an earlier run may pass for this one's
  rm -f "$out"/*.log "$out"/{rates,peers,benchmarks}.json
  : >"$out/steps.tsv"
fi
export PATH=$PATH:/usr/local/cuda/bin${carry:+:$carry/bin}  # the machine's own ninja comes first
git rev-parse --short HEAD >"$out/revision" 2>/dev/null ||
  cat ${carry:+"$carry/revision"} </dev/null >"$out/revision" 2>/dev/null

architectures=${ARCHITECTURES:-$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader \
  2>/dev/null | head -n 1 | tr -d .)}
[[ $architectures =~ ^[0-9] ]] || architectures="80-real;90"

step() {  # name, limit in seconds, command...
  local name=$1 limit=$2 start=$SECONDS code=0
  shift 2
  if [ -n "${STEPS:-}" ] && [[ " $STEPS device " != *" $name "* ]]; then return 0; fi
  local left=$((${SECONDS_IN_ALL:-570} - SECONDS))  # all steps together stay below ten minutes
  if [ $left -lt 5 ]; then
    printf '%s\tleft out: no time\t0\n' "$name" | tee -a "$out/steps.tsv"
    return 1
  fi
  if [ $left -lt $limit ]; then limit=$left; fi
  rm -f "$out/$name.json"  # of an earlier run
  timeout --kill-after=5 "$limit" "$@" >"$out/$name.log" 2>&1 || code=$?
  local what=passed
  if [ $code -eq 124 ] || [ $code -eq 137 ]; then what="stopped after $limit s"
  elif [ $code -ne 0 ]; then what="failed ($code)"; fi
  printf '%s\t%s\t%s\n' "$name" "$what" $((SECONDS - start)) >>"$out/steps.tsv"
  printf '%-12s %-20s %4d s\n' "$name" "$what" $((SECONDS - start))
  if [ "$what" != passed ]; then tail -n 5 "$out/$name.log" | sed 's/^/    /'; fi
  return $code
}

configure=(cmake -S . -B $build -G Ninja -DHITSIEVE_CUDA=ON -DHITSIEVE_APPS=OFF -DHITSIEVE_MPI=OFF
           -DHITSIEVE_TESTS=ON -DHITSIEVE_BENCHMARKS=ON "-DCMAKE_CUDA_ARCHITECTURES=$architectures")
if [ -n "$carry" ]; then
  configure+=("-DCMAKE_MODULE_PATH=$carry/cmake" "-DCMAKE_PREFIX_PATH=$carry")
fi
# PyTorch brings a cuDNN of its own.
cudnn=$("$python" -c 'import nvidia.cudnn as c; print(list(c.__path__)[0])' 2>/dev/null) || cudnn=
if [ -n "$cudnn" ] && ! ldconfig -p | grep -q 'libcudnn\.so$'; then
  configure+=("-DCUDNN_INCLUDE_DIR=$cudnn/include" "-DCUDNN_LIBRARY=$cudnn/lib/libcudnn.so.9")
fi
programs=(test_engine test_cuda test_kernels test_nets test_library hitsieve_benchmarks hitsieve_peer
          hitsieve_agree)

step configure 60 "${configure[@]}" || exit 1
# A program that does not build fails its own steps, and no others: nor is an older one run for it.
if [[ " ${STEPS:-build} " == *" build "* ]]; then
  rm -f "${programs[@]/#/$build/tests/}" "${programs[@]/#/$build/benchmarks/}"
fi
step build 240 cmake --build $build --target "${programs[@]}" -- -k 0
tests=$build/tests
step device 10 nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
for folder in engine cuda kernels nets library; do
  # An error inside a kernel shows at some later call: once more, waiting for each, which what is
  # recorded cannot, and no test of waiting holds with.
  step test_$folder 60 $tests/test_$folder ||
    step test_${folder}_waiting 60 env HITSIEVE_CUDA_SYNC=1 $tests/test_$folder \
      -tce='*graph*,*repeated work*,*recorded*,*does not wait*'
done
frames=() # every one of them is decided alike, but where its score is about the threshold
if [ -n "$carry" ] && [ -e "$carry/frames.cxi" ]; then frames=("$carry/frames.cxi"); fi
if [ ${#frames[@]} -gt 0 ] && [ -e "$carry/model.h5" ]; then frames+=("$carry/model.h5"); fi
step decisions 30 $build/benchmarks/hitsieve_agree "${frames[@]}"
mkdir -p "$out/peers"
step rates 60 "$python" benchmarks/peers/gpu_rates.py --peer $build/benchmarks/hitsieve_peer \
  --folder "$out/peers" --json "$out/rates.json"
step benchmarks 90 $build/benchmarks/hitsieve_benchmarks --benchmark_filter='/(cuda|cuBLAS|cuDNN)' \
  --benchmark_min_time=0.05 --benchmark_format=console --benchmark_out="$out/benchmarks.json" \
  --benchmark_out_format=json
step peers 220 "$python" benchmarks/peers/compare.py --device cuda --repetitions 5 \
  --peer $build/benchmarks/hitsieve_peer --folder "$out/peers" --json "$out/peers.json" \
  --rows train2d,infer2d,infer1d
# The kernels' tests; each tool makes them far slower, so they come last and get what is left.
step memcheck 75 compute-sanitizer --tool memcheck --error-exitcode 9 $tests/test_kernels
step racecheck 75 compute-sanitizer --tool racecheck --error-exitcode 9 $tests/test_kernels
"$python" benchmarks/gpu_results.py "$out" benchmarks
