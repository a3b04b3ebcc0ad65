import { hardLimit, maxDescriptors } from '../container/process-limits.js';
import { read } from '../container/reading.js';
import { type Finding, ok, warning } from './finding.js';

/** What the application wants of the kernel. */
export interface Wanted {
  readonly port: number | undefined;
  readonly uid: number;
}

/** The switches of the kernel that matter to a server of Node.js, below `root`/proc. */
export function lookAtKernel(root: string, wanted: Wanted): readonly Finding[] {
  return [backlog(root), overcommit(root), files(root), ...addressSpace(root), ...lowPort(root, wanted)];
}

/** listen(2): a longer backlog is silently cut to this; Node asks for 511. */
function backlog(root: string): Finding {
  const name = 'net.core.somaxconn';
  const value = numberIn(root, '/proc/sys/net/core/somaxconn');
  if (value === undefined) return ok(name, 'not to be seen from here');
  if (value >= 511) return ok(name, String(value));
  return warning(
    name,
    `${value}, less than the 511 that Node.js asks for`,
    'sysctl net.core.somaxconn=4096, in the pod: securityContext.sysctls',
  );
}

/** Documentation/admin-guide/sysctl/vm.rst: 2 counts what is reserved, and V8 reserves far more than it uses. */
function overcommit(root: string): Finding {
  const name = 'vm.overcommit_memory';
  const value = numberIn(root, '/proc/sys/vm/overcommit_memory');
  if (value !== 2) return ok(name, value === undefined ? 'not to be seen from here' : String(value));
  return warning(
    name,
    '2: V8 cannot reserve address space freely, and processes may fail to start',
    'sysctl vm.overcommit_memory=0 on the machine',
  );
}

/** A connection is a descriptor. Node.js raises the soft limit to the hard one by itself. */
function files(root: string): Finding {
  const name = 'open files';
  const hard = maxDescriptors(root);
  if (hard === undefined) return ok(name, 'not to be seen from here');
  if (hard >= 4096) return ok(name, hard === Infinity ? 'unlimited' : String(hard));
  return warning(
    name,
    `${hard} for each process`,
    'docker run --ulimit nofile=65536, or LimitNOFILE of the container runtime',
  );
}

function addressSpace(root: string): readonly Finding[] {
  const hard = hardLimit(root, 'Max address space');
  if (hard === undefined || hard === Infinity) return [];
  const remedy = 'ulimit -v unlimited: Node.js reserves gigabytes of addresses that it never uses';
  return [warning('address space', `${Math.round(hard / 2 ** 20)} MiB for each process`, remedy)];
}

/** ip-sysctl.rst. Docker and containerd set it to 0; a capability allows it too. */
function lowPort(root: string, { port, uid }: Wanted): readonly Finding[] {
  const first = numberIn(root, '/proc/sys/net/ipv4/ip_unprivileged_port_start');
  if (port === undefined || port >= 1024 || uid === 0 || first === undefined || port >= first) return [];
  if (mayBindLowPorts(root)) return [];
  const found = `below ${first}, which user ${uid} may not listen on`;
  return [
    warning(`app.port ${port}`, found, 'take a port from 1024, and map it: containerPort, or docker run -p 80:8080'),
  ];
}

/** CAP_NET_BIND_SERVICE (10) among the effective ones, capabilities(7). */
function mayBindLowPorts(root: string): boolean {
  const effective = read(root, '/proc/self/status', (text) => /^CapEff:\s*([\da-f]+)$/m.exec(text)?.[1]);
  return effective.kind === 'present' && ((BigInt(`0x${effective.value}`) >> 10n) & 1n) === 1n;
}

function numberIn(root: string, file: string): number | undefined {
  const reading = read(root, file, (text) => (/^\d+\s*$/.test(text) ? Number(text) : undefined));
  return reading.kind === 'present' ? reading.value : undefined;
}
