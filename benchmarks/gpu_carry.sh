#!/usr/bin/env bash
# What benchmarks/gpu.sh needs besides nvcc, g++ and CMake, put into a folder that is carried to a
# machine with a GPU and without a network: headers and static libraries from Debian's packages.
# Nothing is installed, and no root is needed; run it on Debian 12 or Ubuntu 24.04.
# With FRAMES (a CXI file), and MODEL, these go with it, and gpu.sh checks that the GPU decides on
# each of those frames as the CPU does.
#   bash benchmarks/gpu_carry.sh [FOLDER=out/carry [FRAMES [MODEL]]]
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-out/carry}
packages=(libhdf5-dev libaec-dev zlib1g-dev liblz4-dev libzstd-dev libblosc-dev libsnappy-dev
          doctest-dev libbenchmark-dev libbenchmark1 ninja-build)
# The shared library's package is called libbenchmark1.8.3 or the like in newer releases.
for package in "${packages[@]}"; do
  apt-cache show "$package" >/dev/null 2>&1 && continue
  [ "$package" = libbenchmark1 ] || { echo "there is no package $package here" >&2; exit 1; }
  packages=("${packages[@]/libbenchmark1/$(apt-cache depends libbenchmark-dev |
    sed -n 's/.*Depends: \(libbenchmark[0-9].*\)/\1/p' | head -n 1)}")
done
mkdir -p "$folder"
if [ -n "${2:-}" ]; then cp --no-preserve=mode "$2" "$folder/frames.cxi"; fi
if [ -n "${3:-}" ]; then cp --no-preserve=mode "$3" "$folder/model.h5"; fi
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download -q "${packages[@]}" >/dev/null)
for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/all"; done

rm -rf "$folder/include" "$folder/lib" "$folder/cmake" "$folder/bin"
mkdir -p "$folder/include" "$folder/lib" "$folder/cmake" "$folder/bin"
usr=$work/all/usr libraries=$(dirname "$(find "$work/all" -name libz.a)")
cp "$usr"/include/hdf5/serial/*.h "$folder/include"
cp -r "$usr"/include/doctest "$usr"/include/benchmark "$folder/include"
find "$usr/include" -maxdepth 2 \( -name 'lz4*.h' -o -name 'z*.h' -o -name 'blosc*.h' \) \
  -exec cp {} "$folder/include" \;
cp "$usr/bin/ninja" "$folder/bin"
git rev-parse --short HEAD >"$folder/revision" 2>/dev/null || rm -f "$folder/revision"
cp "$libraries"/lib{aec,sz,z,lz4,zstd}.a "$folder/lib"
cp "$libraries/hdf5/serial/libhdf5.a" "$folder/lib"
cp -L "$libraries"/libbenchmark.so* "$folder/lib"
# Blosc with what it needs, as one archive: the build looks for one file.
printf "create %s\naddlib %s\naddlib %s\naddlib %s\nsave\nend\n" "$folder/lib/libblosc.a" \
  "$libraries"/lib{blosc,snappy,z}.a | ar -M

# CMake's own way to find these asks for compiler wrappers and shared libraries that are not here.
cat >"$folder/cmake/FindHDF5.cmake" <<'CMAKE'
get_filename_component(carry ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
add_library(hdf5::hdf5 STATIC IMPORTED)
set_target_properties(hdf5::hdf5 PROPERTIES IMPORTED_LOCATION ${carry}/lib/libhdf5.a
  INTERFACE_INCLUDE_DIRECTORIES ${carry}/include INTERFACE_LINK_LIBRARIES
  "${carry}/lib/libsz.a;${carry}/lib/libaec.a;${carry}/lib/libz.a;dl;m")
set(HDF5_FOUND TRUE)
CMAKE
cat >"$folder/cmake/Finddoctest.cmake" <<'CMAKE'
get_filename_component(carry ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
add_library(doctest::doctest INTERFACE IMPORTED)
set_target_properties(doctest::doctest PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${carry}/include)
set(doctest_FOUND TRUE)
CMAKE
cat >"$folder/cmake/Findbenchmark.cmake" <<'CMAKE'
get_filename_component(carry ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
add_library(benchmark::benchmark SHARED IMPORTED)
set_target_properties(benchmark::benchmark PROPERTIES IMPORTED_LOCATION
  ${carry}/lib/libbenchmark.so INTERFACE_INCLUDE_DIRECTORIES ${carry}/include)
set(benchmark_FOUND TRUE)
CMAKE
du -sh "$folder" | sed 's/\t.*/ are to be carried/'
