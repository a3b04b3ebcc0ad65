#!/usr/bin/env bash
# Makes, without any registry of images, what the image tests run (as root; podman and buildah are installed by
# scripts/install-test-tools.sh): a base with the Node.js of this machine and nothing else, one with npm and a shell to build with, and
# from them eggcup's own image by its Dockerfile. Prints nothing but what failed.
#   scripts/test-images.sh FOLDER     FOLDER holds all containers and images, apart from others of the machine
set -euo pipefail
folder=${1:?folder}
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$folder"

cat > "$folder/storage.conf" <<C
[storage]
driver = "overlay"
runroot = "$folder/run"
graphroot = "$folder/graph"
C
# runc: crun refuses a machine that mounts cgroup v1 and v2 side by side. The limits are such that nobody must raise any.
cat > "$folder/containers.conf" <<C
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile=16384:16384", "nproc=20000:20000"]
C
export CONTAINERS_STORAGE_CONF=$folder/storage.conf CONTAINERS_CONF=$folder/containers.conf

# add_program TREE PROGRAM TARGET: a program with the libraries that it is linked to.
add_program() {
  install -D -m755 "$2" "$1$3"
  { ldd "$2" || true; } | grep -o '/[^ ]*' | while read -r library; do install -D -m755 "$(realpath "$library")" "$1$library"; done
}

# import TREE TAG [CHANGE…]
import() {
  local tree=$1 tag=$2 changes=(--change 'ENV PATH=/usr/local/bin:/usr/bin:/bin')
  shift 2
  for change in "$@"; do changes+=(--change "$change"); done
  tar -C "$tree" -c . | podman import -q "${changes[@]}" - "$tag" > /dev/null
  rm -rf "$tree"
}

node=$(node -p process.execPath)
tree=$(mktemp -d)
mkdir -p "$tree"/{tmp,proc,sys,dev,run,etc}
chmod 1777 "$tree/tmp"
add_program "$tree" "$node" /usr/local/bin/node
cp -a "$tree" "$tree.build"
import "$tree" localhost/eggcup-test/node

tree=$tree.build
npm=$(dirname "$(dirname "$(realpath "$(command -v npm)")")")
mkdir -p "$tree/usr/local/lib/node_modules"
cp -a "$npm" "$tree/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$tree/usr/local/bin/npm"
add_program "$tree" /bin/sh /bin/sh
add_program "$tree" /usr/bin/env /usr/bin/env
add_program "$tree" /bin/mkdir /bin/mkdir
# What this machine trusts, and the registry that it uses.
cp "${NODE_EXTRA_CA_CERTS:-/dev/null}" "$tree/etc/ca.pem"
import "$tree" localhost/eggcup-test/node-with-npm 'ENV NODE_EXTRA_CA_CERTS=/etc/ca.pem'

# Without the time of the build, so that another build from the same sources has the same layers.
buildah build --quiet --format docker --isolation chroot --network host --timestamp 0 \
  --build-arg NODE_IMAGE=localhost/eggcup-test/node --build-arg BUILD_IMAGE=localhost/eggcup-test/node-with-npm \
  --build-arg npm_config_registry="$(npm config get registry)" \
  --tag localhost/eggcup-test/eggcup "$root" > /dev/null
