#!/usr/bin/env bash
# A Docker daemon in mount, network and PID namespaces of its own (as root), in the foreground until it is killed; all containers
# end with it. It listens on FOLDER/docker.sock. Leaves cgroups behind, which `daemon.sh clean` removes.
#   scripts/docker/daemon.sh run FOLDER
#   scripts/docker/daemon.sh clean
set -euo pipefail

if [ "$1" = clean ]; then
  for attempt in $(seq 50); do
    find /sys/fs/cgroup/*/eggcup-docker /sys/fs/cgroup/*/*/eggcup-docker -depth -type d -exec rmdir {} + 2> /dev/null || true
    ls -d /sys/fs/cgroup/*/eggcup-docker > /dev/null 2>&1 || exit 0
    sleep 0.2
  done
  echo 'some cgroups of eggcup-docker are still in use' >&2
  exit 1
fi

if [ "${EGGCUP_IN_NAMESPACES:-}" = '' ]; then
  export EGGCUP_IN_NAMESPACES=1
  exec unshare --mount --net --pid --fork --kill-child=KILL --mount-proc --propagation private "$0" "$@"
fi

folder=$2
mount -t tmpfs tmpfs /run
ip link set lo up
# No `exec`: the first process of a PID namespace would have to reap what the containers leave.
dockerd --data-root "$folder/data" --exec-root /run/docker --pidfile /run/docker.pid --host "unix://$folder/docker.sock" \
  --cgroup-parent /eggcup-docker --log-level warn
