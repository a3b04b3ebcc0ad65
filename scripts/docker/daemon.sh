#!/usr/bin/env bash
# A Docker daemon in mount, network and PID namespaces of its own (as root), in the foreground until it is killed; all containers
# end with it. It listens on FOLDER/docker.sock. Leaves cgroups behind: scripts/remove-cgroups.sh eggcup-docker.
#   scripts/docker/daemon.sh FOLDER
set -euo pipefail

if [ "${EGGCUP_IN_NAMESPACES:-}" = '' ]; then
  export EGGCUP_IN_NAMESPACES=1
  exec unshare --mount --net --pid --fork --kill-child=KILL --mount-proc --propagation private "$0" "$@"
fi

folder=$1
mount -t tmpfs tmpfs /run
ip link set lo up
# No `exec`: the first process of a PID namespace would have to reap what the containers leave.
dockerd --data-root "$folder/data" --exec-root /run/docker --pidfile /run/docker.pid --host "unix://$folder/docker.sock" \
  --cgroup-parent /eggcup-docker --log-level warn
