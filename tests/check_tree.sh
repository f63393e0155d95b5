#!/usr/bin/env bash
# The rules of the tree that a compiler does not check: who may include whom, where CUDA syntax may
# stand, and that files stay of a size that one reads in one go. Prints every offence; exit 1 if any.
set -u
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
failed=0
offence() { echo "$1"; failed=1; }

# folder: the folders it may include
while read -r folder allowed; do
  while IFS=: read -r file line text; do
    target=$(sed -E 's/.*#include "([^/"]*)\/.*/\1/' <<<"$text")
    case " $folder $allowed " in
      *" $target "*) ;;
      *) offence "$file:$line: $folder may not include $target (only: $folder $allowed)" ;;
    esac
  done < <(grep -rnE '#include "[^"]*/' "$folder" --include='*.h' --include='*.cpp' \
             --include='*.cu' --include='*.cuh')
done <<'EOF'
engine
kernels engine
nets engine kernels
data engine kernels
apps engine kernels nets data
EOF

# Includes are written from the root, so that the arrow shows on the line.
while IFS= read -r hit; do offence "$hit: written from the root, please"; done < <(
  grep -rnE '#include "[^/"]*"' engine kernels nets data apps tests benchmarks \
    --include='*.h' --include='*.cpp' --include='*.cu' --include='*.cuh' | grep -v cuda_on_host)

# CUDA syntax stands in one place each.
while IFS= read -r hit; do offence "$hit: only engine/launch.cuh starts kernels"; done < <(
  grep -rnF '<<<' engine kernels nets data apps --include='*.cu' --include='*.cuh' \
    --include='*.h' --include='*.cpp' | grep -vE '^engine/(launch.cuh:|cuda_on_host/)')
while IFS= read -r hit; do
  offence "$hit: only engine/launch.cuh, ptx.cuh and host_device.h ask which compiler it is"
done < <(grep -rnE '__CUDACC__|__CUDA_ARCH__' engine kernels nets data apps --include='*.cu' \
           --include='*.cuh' --include='*.h' --include='*.cpp' |
           grep -vE '^engine/(launch|ptx)\.cuh:|^engine/host_device\.h:')

# Sizes.
while IFS= read -r file; do
  lines=$(wc -l <"$file")
  case "$file" in *.h | *.cuh) limit=120 ;; *) limit=300 ;; esac
  [ "$lines" -le "$limit" ] || offence "$file: $lines lines, at most $limit"
done < <(find engine kernels nets data apps tests benchmarks -name '*.h' -o -name '*.cuh' \
           -o -name '*.cpp' -o -name '*.cu')
while IFS= read -r hit; do offence "$hit: over 100 columns"; done < <(
  grep -rnE '^.{101,}$' engine kernels nets data apps tests benchmarks --include='*.h' \
    --include='*.cuh' --include='*.cpp' --include='*.cu' | cut -d: -f1,2)
exit $failed
