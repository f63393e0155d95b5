#!/usr/bin/env bash
# Installs what hitsieve is built from, from Debian's or Ubuntu's own packages (Debian 12, Ubuntu
# 24.04). Does nothing when all is there. Arguments: further packages.
set -euo pipefail
packages=(g++ cmake ninja-build pkg-config libhdf5-dev zlib1g-dev liblz4-dev libzstd-dev libblosc-dev
          libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libcairo2-dev fonts-dejavu-core
          "$@")
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
    missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "these packages are missing, and there is no sudo to install them with:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "installing: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends \
  "${missing[@]}" >/dev/null
