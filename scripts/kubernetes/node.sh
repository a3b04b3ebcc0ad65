#!/usr/bin/env bash
# A cluster of one node in mount, network and PID namespaces of its own (as root): etcd, containerd and the programs of build.sh.
# It runs in the foreground until it is killed, and all of it ends with it; nothing of the machine's mounts, network
# or sysctls is changed. Leaves cgroups behind: scripts/remove-cgroups.sh kubepods.
#   scripts/kubernetes/node.sh FOLDER PROGRAMS IMAGES     FOLDER: state and logs; PROGRAMS: what build.sh made;
#                                                         IMAGES: a docker archive, localhost/pause:1 among them
# When FOLDER/started is there, FOLDER/kubeconfig works inside the network namespace.
set -euo pipefail

if [ "${EGGCUP_IN_NAMESPACES:-}" = '' ]; then
  export EGGCUP_IN_NAMESPACES=1
  exec unshare --mount --net --pid --fork --kill-child=KILL --mount-proc --propagation private "$0" "$@"
fi

folder=$(mkdir -p "$1" && cd "$1" && pwd)
programs=$2
images=$3
address=10.99.0.1
mkdir -p "$folder"/{log,pki,state}

# What the programs write to fixed places goes into the folder.
mount --make-rshared /
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/netns
for place in /var/lib/kubelet /var/lib/containerd /var/lib/cni /etc/cni/net.d /var/log/pods /var/log/containers; do
  mkdir -p "$place" "$folder/state$place"
  mount --bind "$folder/state$place" "$place"
done
mount --make-rshared /var/lib/kubelet

# The node's own address, and a default route, without which the apiserver finds no address to tell.
ip link set lo up
ip link add node0 type veth peer name node1
ip address add $address/24 dev node0
ip link set node0 up
ip link set node1 up
ip route add default via 10.99.0.254 dev node0
echo 1 > /proc/sys/net/ipv4/ip_forward

# The kubelet sets these for the whole machine unless they have the values that it wants: it is shown such files.
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  file=/run/sysctl/${setting%%=*}
  mkdir -p "${file%/*}"
  echo "${setting#*=}" > "$file"
  mount --bind "$file" "/proc/sys/${setting%%=*}"
done

openssl genrsa -out "$folder/pki/sa.key" 2048 2> /dev/null
token=$(openssl rand -hex 16)
echo "$token,admin,1,\"system:masters\"" > "$folder/pki/tokens.csv"
cat > "$folder/kubeconfig" << C
apiVersion: v1
kind: Config
clusters: [{ name: verify, cluster: { server: 'https://$address:6443', insecure-skip-tls-verify: true } }]
users: [{ name: admin, user: { token: $token } }]
contexts: [{ name: verify, context: { cluster: verify, user: admin } }]
current-context: verify
C
cat > /etc/cni/net.d/10-bridge.conflist << C
{ "cniVersion": "0.3.1", "name": "pods", "plugins": [
  { "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
    "ipam": { "type": "host-local", "ranges": [[{ "subnet": "10.244.0.0/24" }]], "routes": [{ "dst": "0.0.0.0/0" }] } },
  { "type": "portmap", "capabilities": { "portMappings": true } }] }
C
cat > "$folder/containerd.toml" << C
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "/etc/cni/net.d"
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
C
cat > "$folder/kubelet.yaml" << C
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $address
authentication: { anonymous: { enabled: true }, webhook: { enabled: false } }
authorization: { mode: AlwaysAllow }
cgroupDriver: cgroupfs
cgroupsPerQOS: true
enforceNodeAllocatable: []
failSwapOn: false
clusterDNS: []
resolvConf: ''
syncFrequency: 1s
nodeStatusUpdateFrequency: 2s
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: { memory.available: 50Mi }
C
# Everything else is left as it is by default; conntrack's sysctls are the machine's.
cat > "$folder/proxy.yaml" << C
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: { kubeconfig: $folder/kubeconfig }
clusterCIDR: 10.244.0.0/16
conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s }
C

# run NAME COMMAND…: in the background, with a log of its own.
run() {
  local name=$1
  shift
  "$@" > "$folder/log/$name.log" 2>&1 &
}

# until SECONDS COMMAND…: until the command succeeds.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    if [ $SECONDS -ge $deadline ]; then
      echo "gave up waiting for: $*" >&2
      return 1
    fi
    sleep 0.25
  done
}

api_answers() { [ "$(curl --silent --insecure --max-time 1 --header "Authorization: Bearer $token" "https://$address:6443/readyz")" = ok ]; }

run etcd etcd --data-dir "$folder/etcd" --listen-client-urls http://127.0.0.1:2379 \
  --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 --unsafe-no-fsync
run containerd containerd --config "$folder/containerd.toml"
run apiserver "$programs/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 \
  --advertise-address=$address --secure-port=6443 --cert-dir="$folder/pki" --token-auth-file="$folder/pki/tokens.csv" \
  --authorization-mode=AlwaysAllow --service-cluster-ip-range=10.96.0.0/16 --allow-privileged=true \
  --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$folder/pki/sa.key" \
  --service-account-signing-key-file="$folder/pki/sa.key" --kubelet-preferred-address-types=InternalIP
until_true 120 api_answers
run controller-manager "$programs/kube-controller-manager" --kubeconfig="$folder/kubeconfig" --leader-elect=false \
  --service-account-private-key-file="$folder/pki/sa.key" --root-ca-file="$folder/pki/apiserver.crt" --port=0
run scheduler "$programs/kube-scheduler" --kubeconfig="$folder/kubeconfig" --leader-elect=false --port=0
until_true 30 test -S /run/containerd/containerd.sock
ctr --namespace k8s.io images import "$images" > "$folder/log/images.log" 2>&1
run kubelet "$programs/kubelet" --config="$folder/kubelet.yaml" --kubeconfig="$folder/kubeconfig" \
  --container-runtime=remote --container-runtime-endpoint=unix:///run/containerd/containerd.sock \
  --node-ip=$address --hostname-override=node1 --oom-score-adj=0 --v=2
run proxy "$programs/kube-proxy" --config="$folder/proxy.yaml" --hostname-override=node1
touch "$folder/started"
wait -n || true
echo 'one of the programs has ended:' >&2
tail -n 3 "$folder"/log/*.log >&2
exit 1
