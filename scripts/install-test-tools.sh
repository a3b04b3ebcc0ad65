#!/usr/bin/env bash
# Installs what the tests want beyond Node.js, from Debian's packages (as root): the inits that eggcup is compared with, a
# compiler for the native part, another one and an emulator for arm64. Without them those tests are skipped, and say so.
set -euo pipefail
packages=(
  tini dumb-init catatonit      # compared with, live
  podman buildah runc netavark  # containers, and what builds their images
  util-linux                    # unshare, script: PID namespaces and pseudo terminals
  gcc libc6-dev                 # builds the native part
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross libstdc++6-arm64-cross qemu-user-static # the same for arm64, and runs it
)
missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "all there: ${packages[*]}"
  exit 0
fi
echo "installing ${missing[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
