#!/usr/bin/env bash
# What tf32 and bf16 do to decisions: trains on a labelled file, screens all of its frames in each
# precision on the GPU, or its emulation, and sets scores and hits against those of float32 there.
#   bash benchmarks/precision.sh FILE TRAIN VALIDATE [METHOD=rwd] [HITSIEVE=build/apps/hitsieve]
set -euo pipefail
file=$1 train=$2 validate=$3 method=${4:-rwd} hitsieve=${5:-build/apps/hitsieve}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$hitsieve" train -q --method "$method" -i "$file" --train "$train" --validate "$validate" \
  -o "$folder/model.h5" >/dev/null
for precision in float32 tf32 bf16; do
  "$hitsieve" screen -q -m "$folder/model.h5" -i "$file" --device cuda --precision $precision \
    -o "$folder/$precision.lst" --table "$folder/$precision.tsv" >/dev/null
  tail -n +2 "$folder/$precision.tsv" | awk -F'\t' '{ print $3 "\t" $4 }' >"$folder/$precision"
done
for precision in tf32 bf16; do
  paste "$folder/float32" "$folder/$precision" | awk -F'\t' -v name="$method in $precision" '
    { off = $1 - $3; if (off < 0) off = -off; if (off > most) most = off; changed += $2 != $4 }
    END { printf "%s: %d of %d decisions change, scores by up to %.6f\n", name, changed, NR, most }'
done
