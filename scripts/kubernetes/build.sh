#!/usr/bin/env bash
# Builds what a node of Kubernetes 1.20 consists of (apiserver, controller manager, scheduler, kubelet, proxy) from Debian 12's own
# source package, which holds all that it needs, with Debian's Go: no registry of images and no other download. Takes 5
# to 10 minutes on two cores and 3 GB of scratch, once.
#   scripts/kubernetes/build.sh FOLDER     FOLDER gets the five programs
set -euo pipefail
mkdir -p "${1:?folder}"
folder=$(cd "$1" && pwd)
programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)
version=v1.20.2

there=true
for program in "${programs[@]}"; do [ -x "$folder/$program" ] || there=false; done
if $there; then
  echo "all there: ${programs[*]}"
  exit
fi

scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
cd "$scratch"

# Sources are asked for through a configuration of apt's own, so that the machine's stays as it is.
mkdir -p apt/{etc/preferences.d,parts,lists/partial,cache/archives/partial,dpkg}
touch apt/dpkg/status apt/none.list
sed 's/^Types:.*/Types: deb deb-src/' /etc/apt/sources.list.d/debian.sources > apt/parts/debian.sources
cat > apt.conf << C
Dir::Etc "$scratch/apt/etc";
Dir::Etc::sourcelist "$scratch/apt/none.list";
Dir::Etc::sourceparts "$scratch/apt/parts";
Dir::State "$scratch/apt";
Dir::State::lists "$scratch/apt/lists";
Dir::State::status "$scratch/apt/dpkg/status";
Dir::Cache "$scratch/apt/cache";
Acquire::Languages "none";
APT::Sandbox::User "root";
APT::Update::Post-Invoke-Success "";
C
echo "fetching the sources of Kubernetes $version"
apt-get -qq -c apt.conf update
apt-get -qq -c apt.conf source --download-only kubernetes
apt-get -qq -c apt.conf download golang-github-modern-go-reflect2-dev
dpkg-source --no-check -x kubernetes_*.dsc kubernetes > unpack.log 2>&1 || { cat unpack.log; exit 1; }

# The copy of reflect2 in there (1.0.1) does not run when built by a Go of today; Debian's package of it does.
dpkg-deb -x golang-github-modern-go-reflect2-dev*.deb reflect2
vendored=kubernetes/vendor/github.com/modern-go/reflect2
rm -rf "$vendored"
mkdir -p "$vendored"
cp reflect2/usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} "$vendored/"
rm -f "$vendored"/*_test.go

export GOPATH=$scratch/go GOCACHE=$scratch/cache GO111MODULE=off GOFLAGS='' CGO_ENABLED=0 HOME=$scratch
export KUBE_GIT_VERSION=$version
mkdir -p "$GOPATH/src/k8s.io"
ln -s "$scratch/kubernetes" "$GOPATH/src/k8s.io/kubernetes"
cd "$GOPATH/src/k8s.io/kubernetes"
echo "building ${programs[*]}"
make gen_openapi > "$scratch/make.log" 2>&1 || { cat "$scratch/make.log"; exit 1; }
# The parts refuse to talk to each other when they do not know their version.
flags='-s -w'
for package in component-base client-go/pkg; do
  for setting in gitVersion=$version gitMajor=1 gitMinor=20 gitTreeState=clean buildDate=2021-01-13T13:20:00Z; do
    flags+=" -X k8s.io/kubernetes/vendor/k8s.io/$package/version.$setting"
  done
done
for program in "${programs[@]}"; do
  go build -trimpath -ldflags "$flags" -o "$folder/" "./cmd/$program"
  echo "built $program"
done
