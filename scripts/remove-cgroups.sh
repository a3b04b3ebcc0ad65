#!/usr/bin/env bash
# Removes the cgroups of one name, in whatever hierarchy, once they are empty (as root): what a container engine that was killed has
# left behind.
#   scripts/remove-cgroups.sh NAME
set -euo pipefail
name=${1:?name}
for attempt in $(seq 50); do
  find /sys/fs/cgroup/*/"$name" /sys/fs/cgroup/*/*/"$name" -depth -type d -exec rmdir {} + 2> /dev/null || true
  ls -d /sys/fs/cgroup/*/"$name" > /dev/null 2>&1 || exit 0
  sleep 0.2
done
echo "some cgroups of $name are still in use" >&2
exit 1
