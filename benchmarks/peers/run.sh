#!/usr/bin/env bash
# hitsieve and PyTorch on the same work, taking turns: builds hitsieve, installs PyTorch in a virtual
# environment, and prints a table of rates and ratios.
#   bash benchmarks/peers/run.sh [FOLDER=out/peers] [OPTIONS OF compare.py, e.g. --rows infer2d]
# The numbers go to FOLDER/peers.json as well. PYTHON chooses the interpreter; one that has torch
# already is used as it is.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-out/peers}
[ $# -eq 0 ] || shift
build=build-speed python=${PYTHON:-python3}
mkdir -p "$folder/work" "$build"
bash apps/setup.sh libbenchmark-dev
cmake -S . -B $build -G Ninja -DHITSIEVE_CUDA=OFF -DHITSIEVE_TESTS=OFF -DHITSIEVE_BENCHMARKS=ON \
  >$build/configure.log
cmake --build $build --target hitsieve hitsieve_peer >$build/build.log 2>&1 ||
  { tail -n 40 $build/build.log; exit 1; }

if ! "$python" -c 'import torch, numpy, h5py, hdf5plugin' 2>/dev/null; then
  [ -x "$folder/venv/bin/python" ] || "$python" -m venv "$folder/venv"
  python=$folder/venv/bin/python
  if ! "$python" -c 'import torch, numpy, h5py, hdf5plugin' 2>/dev/null; then
    echo "installing PyTorch in $folder/venv"
    # Without CUDA it is a tenth of the size, from PyTorch's own index, where that is reachable.
    "$python" -m pip install -q --retries 0 --timeout 10 torch \
      --index-url https://download.pytorch.org/whl/cpu 2>/dev/null ||
      "$python" -m pip install -q torch
    "$python" -m pip install -q numpy h5py hdf5plugin
  fi
fi
grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: //'
"$python" benchmarks/peers/compare.py --peer $build/benchmarks/hitsieve_peer \
  --hitsieve $build/apps/hitsieve --folder "$folder/work" --json "$folder/peers.json" "$@"
