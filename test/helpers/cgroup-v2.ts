/** Cgroups of v2, and containers in them: for a machine of the tests' own, where nobody cleans up but its end. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ENTER_CGROUP } from './cgroup.js';
import { type Cluster, projectRoot, startCluster } from './cluster.js';

const TOP = '/sys/fs/cgroup';
const USER = '65534';

/** `{ 'memory.max': '256M' }`: files of a cgroup, and what is written there. */
export type Limits = Readonly<Record<string, string>>;

let made = 0;

/** A new cgroup with these limits, below the top or below `parent`, which then can hold no process itself. */
export function makeGroup(limits: Limits, parent: string = TOP): string {
  if (parent !== TOP) writeFileSync(join(parent, 'cgroup.subtree_control'), '+cpu +memory +pids');
  made += 1;
  const group = join(parent, `group-${made}`);
  mkdirSync(group);
  for (const [file, text] of Object.entries(limits)) writeFileSync(join(group, file), text);
  return group;
}

/**
 * A master as PID 1 of what a runtime makes of a hardened container: namespaces for PIDs, mounts and cgroups, limits, an
 * ordinary user without any capability, nothing that can be written but health.dir (a tmpfs) and the termination log.
 */
export class Container {
  readonly group: string;
  readonly cluster: Cluster;
  readonly #folder: string;

  constructor(t: TestContext, limits: Limits, config: Readonly<Record<string, unknown>>) {
    this.group = makeGroup(limits);
    this.#folder = mkdtempSync(join(tmpdir(), 'container-'));
    chmodSync(this.#folder, 0o755);
    const health = join(this.#folder, 'health');
    mkdirSync(health);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', health]);
    writeFileSync(this.#terminationLog, '');
    chmodSync(this.#terminationLog, 0o666); // As the kubelet makes it.
    this.cluster = startCluster(t, {
      config: {
        ...config,
        // Memory is sampled at each check; and on a slow machine the only worker may be away for longer than three.
        health: { dir: health, interval: '1s', failures: 60 },
        terminationLog: this.#terminationLog,
      },
      wrapper: ['unshare', '--pid', 'sh', '-c', RUNTIME, ENTER, this.group, this.#folder],
    });
  }

  /** The process as this machine counts them, by its number in the container. */
  pidOf(pidInside: number): number {
    const found = this.processes.find((pid) => namespacePids(pid).at(-1) === String(pidInside));
    if (found === undefined)
      throw new Error(`process ${pidInside} of the container is not among ${String(this.processes)}`);
    return found;
  }

  /** Every process of the cgroup. */
  get processes(): readonly number[] {
    return readFileSync(join(this.group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  }

  get terminationMessage(): string {
    return readFileSync(this.#terminationLog, 'utf8');
  }

  /** The number of a key in a file such as `memory.events`. */
  count(file: string, key: string): number {
    const text = readFileSync(join(this.group, file), 'utf8');
    return Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1]);
  }

  set(file: string, text: string): void {
    writeFileSync(join(this.group, file), text);
  }

  /** As somebody outside would, by hand. */
  kill(slot: string): void {
    process.kill(this.pidOf(this.cluster.pidOf(slot) ?? 0), 'SIGKILL');
  }

  /** As the runtime does; resolves with the exit code when nothing is left. */
  async stop(): Promise<number | string> {
    process.kill(this.pidOf(1), 'SIGTERM');
    const code = await this.cluster.ended();
    await this.cluster.assertGone();
    return code;
  }

  /** A command in it, as by `docker exec`: the limits hold for it too. */
  exec(...command: readonly string[]): SpawnSyncReturns<string> {
    const nsenter = ['nsenter', '--target', String(this.pidOf(1)), '--all', '--setuid', USER, '--setgid', USER];
    const args = ['-c', ENTER_CGROUP, join(this.group, 'cgroup.procs'), ...nsenter, ...command];
    return spawnSync('sh', args, { encoding: 'utf8', timeout: 60_000 });
  }

  probe(what: 'started' | 'ready' | 'live'): SpawnSyncReturns<string> {
    return this.exec(process.execPath, join(projectRoot, 'dist/probe.js'), what, '--dir', this.cluster.healthDir);
  }

  get #terminationLog(): string {
    return join(this.#folder, 'termination-log');
  }
}

/** For `sh -c`, outside of the container: its first child is PID 1; killed by signal n, 128+n tells it. */
const RUNTIME = 'sh -ec "$0" "$@"; exit $?';

/**
 * For `sh -ec`, with the working directory of a Cluster: `$0` is the cgroup, `$1` the folder, the rest the command. The
 * cgroup comes before the namespace, whose root it is to be.
 */
const ENTER = `
  chmod 755 .
  echo 0 > "$0/cgroup.procs"
  exec unshare --cgroup --mount --mount-proc sh -ec '
    umount /sys/fs/cgroup
    mount -t cgroup2 -o ro none /sys/fs/cgroup
    for path in "$0/health" "$0/termination-log"; do mount --bind "$path" "$path"; done
    mount -o remount,bind,ro /run
    exec setpriv --reuid ${USER} --regid ${USER} --clear-groups --no-new-privs \\
      --inh-caps=-all --ambient-caps=-all --bounding-set=-all "$@"
  ' "$@"
`;

function namespacePids(pid: number): readonly string[] {
  return /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]?.split('\t') ?? [];
}
