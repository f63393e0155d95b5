#!/usr/bin/env bash
# Domain-adversarial training without a label of the target, against the RWD network of the source
# alone: accuracy, recall and precision on the target, for six pairs of simulated runs.
#   bash benchmarks/dann.sh [NET=1d] [FRAMES=700] [HITSIEVE=build/apps/hitsieve]
set -euo pipefail
net=${1:-1d} frames=${2:-700} hitsieve=${3:-build/apps/hitsieve}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for set in LN84 LN83 LO19 L498; do
  "$hitsieve" simulate -q --like $set -n "$frames" --seed 77 -o "$folder/$set.cxi"
done
judged() {  # model, target
  "$hitsieve" evaluate -q -m "$1" -i "$2" >"$folder/judged.txt"
  sed -n 2,4p "$folder/judged.txt" | awk '{ printf "%s ", $2 }'
}
validate=$((frames / 5))
for pair in LN84-LO19 L498-LN83 LN83-LO19 LN83-LN84 LO19-LN83 LO19-L498; do
  source=$folder/${pair%-*}.cxi target=$folder/${pair#*-}.cxi
  "$hitsieve" train -q --method dann --net "$net" -i "$source" --target "$target" \
    -o "$folder/dann.h5" --overwrite >/dev/null
  "$hitsieve" train -q -i "$source" --train $((frames - validate)) --validate $validate \
    -o "$folder/rwd.h5" --overwrite >/dev/null
  echo "$pair  dann $(judged "$folder/dann.h5" "$target") rwd $(judged "$folder/rwd.h5" "$target")"
done
