#!/usr/bin/env bash
# The accuracy of a method on a labelled file, as README states it: the mean over seeds, each of which
# trains on TRAIN frames, validates on VALIDATE, and is judged on all the others.
#   bash benchmarks/accuracy.sh FILE TRAIN VALIDATE [SEEDS=5] [METHOD=rwd] [HITSIEVE=build/apps/hitsieve]
set -euo pipefail
file=$1 train=$2 validate=$3 seeds=${4:-5} method=${5:-rwd} hitsieve=${6:-build/apps/hitsieve}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for seed in $(seq "$seeds"); do
  "$hitsieve" train -q --method "$method" -i "$file" --train "$train" --validate "$validate" --seed "$seed" \
    -o "$folder/model.h5" --overwrite >/dev/null
  "$hitsieve" evaluate -q -m "$folder/model.h5" -i "$file" --json "$folder/$seed.json" >/dev/null
done
for name in accuracy recall precision average_precision; do
  cat "$folder"/*.json | grep -oE "\"$name\": *[0-9.]+" |
    awk -v name=$name '{ sum += $2; ++n } END { printf "%s %.4f (mean of %d seeds)\n", name, sum / n, n }'
done
