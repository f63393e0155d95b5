#!/usr/bin/env bash
# Sets up, builds, and runs the main job: simulate two runs, train on 200 labels of the first,
# screen the second, print recall and precision, and say where the list and the page are.
#   bash apps/demo.sh [FOLDER]       results go to FOLDER (default: out/demo)
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-out/demo}
bash apps/setup.sh
# The CPU alone: the demo needs no GPU, and builds faster without nvcc.
mkdir -p build
cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DHITSIEVE_CUDA=OFF \
  -DHITSIEVE_TESTS=OFF >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
echo "building (build/, two to three minutes on two cores) ..."
cmake --build build >build/build.log 2>&1 || { tail -n 40 build/build.log; exit 1; }
exec build/apps/hitsieve demo -o "$folder" --overwrite
