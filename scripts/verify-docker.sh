#!/usr/bin/env bash
# Runs the image and deploy/compose.yaml under Debian's Docker (as root, on Debian 12): test/verify/docker.test.ts. Installs what it
# needs from Debian's packages. The last result is in docs/verified.md.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install-test-tools.sh
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io docker-compose iproute2 curl > /dev/null
npm run build:test
node --enable-source-maps scripts/test.mjs verify/docker
