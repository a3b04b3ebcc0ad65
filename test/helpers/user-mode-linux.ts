/** A machine of its own whose cgroups are v2, on any machine: Debian's user-mode Linux, a kernel that is a program. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixture, projectRoot } from './cluster.js';
import { childrenOf, isLiving } from './processes.js';

const KERNEL = 'linux.uml';
/** Where the kernel's memory is: a file that has no name any more as soon as it is open. */
const MEMORY_FOLDER = '/dev/shm';
const MEMORY_BYTES = 2 ** 30;
const WHOLE_RUN_MS = 400_000;
const TRIED_MS = 20_000;
/** It dies with this process, and nothing can outlive its kernel. */
const WRAPPER = ['--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
/** Any machine's. */
const BARE = [
  'rootfstype=hostfs',
  'rootflags=/',
  'ro',
  'con=null',
  'con0=null,fd:1',
  'panic=-1', // Ends it at once instead of waiting for somebody.
  'loglevel=1', // Only its last words: others would fall into the lines of the tests.
];

export interface Boot {
  /** All that the machine has printed. */
  readonly console: string;
  /** Whether it has switched itself off, instead of being ended. */
  readonly isOff: boolean;
  /** What is still there of it: processes and files. */
  readonly left: readonly string[];
}

/** Why there can be no such machine here. */
export function whyNoUserModeLinux(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, to boot a machine with cgroup v2';
  if (spawnSync(KERNEL, ['--version']).status !== 0)
    return `${KERNEL} is not installed: scripts/install-test-tools.sh (on x64 only)`;
  if (spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status !== 0)
    return 'needs root that may make a PID namespace with unshare(1)';
  const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
  if (bavail * bsize < MEMORY_BYTES) return `needs 1 GiB of ${MEMORY_FOLDER}, as the memory of a machine`;
  return whyNoPrograms();
}

/**
 * On some processors the first program of that kernel ends with SIGSEGV, whatever it is: seen with AMX, whose registers are more
 * than Linux 6.1 as a program can save. The machine does not end then, so it has a bound.
 */
function whyNoPrograms(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'eggcup-uml-'));
  const init = `init="${fixture('container/v2-probe.sh')}"`;
  const { stdout } = spawnSync('setpriv', [...WRAPPER, KERNEL, ...BARE, init, 'mem=256M', `uml_dir=${folder}/`], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: MEMORY_FOLDER },
    timeout: TRIED_MS,
    killSignal: 'SIGKILL',
  });
  rmSync(folder, { recursive: true });
  const isKilled = /Attempted to kill init! exitcode=0x0000000b/.test(stdout);
  return isKilled ? `this processor is none for ${KERNEL}: its first program ends with SIGSEGV` : undefined;
}

/**
 * Boots on this machine's own `/`, which can't be written there, runs one of the compiled tests as root, and switches off.
 * The machine is in a PID namespace that dies with this process: nothing can outlive its kernel.
 */
export async function runInUserModeLinux(program: string): Promise<Boot> {
  const folder = mkdtempSync(join(tmpdir(), 'eggcup-uml-'));
  const memoryBefore = memoryFiles();
  const machine = spawn('setpriv', [...WRAPPER, KERNEL, ...kernelArguments(folder, program)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: MEMORY_FOLDER },
    timeout: WHOLE_RUN_MS,
    killSignal: 'SIGKILL',
  });
  let text = '';
  let namespace: string | undefined;
  for (const stream of [machine.stdout, machine.stderr])
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      namespace ??= childrenOf(machine.pid ?? 0).map(pidNamespaceOf)[0];
    });
  await new Promise((resolve, reject) => machine.once('close', resolve).once('error', reject));

  const files = [...readdirSync(folder), ...memoryFiles().filter((file) => !memoryBefore.includes(file))];
  rmSync(folder, { recursive: true });
  const processes = namespace === undefined ? ['a machine that was never seen'] : processesIn(namespace);
  return { console: text.replaceAll('\r', ''), isOff: machine.exitCode === 0, left: [...files, ...processes] };
}

/** What the kernel does not know it hands to PID 1 as environment. */
function kernelArguments(folder: string, program: string): readonly string[] {
  return [
    ...BARE,
    `init="${fixture('container/v2-init.sh')}"`,
    `EGGCUP_TEST_NODE="${process.execPath}"`,
    `EGGCUP_TEST_REPOSITORY="${projectRoot}"`,
    `EGGCUP_TEST_PROGRAM="${program}"`,
    `mem=${MEMORY_BYTES}`,
    `uml_dir=${folder}/`,
    'umid=machine',
  ];
}

function memoryFiles(): readonly string[] {
  return readdirSync(MEMORY_FOLDER).filter((name) => name.startsWith('vm_file'));
}

function processesIn(namespace: string): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => pidNamespaceOf(Number(pid)) === namespace && isLiving(Number(pid)));
}

function pidNamespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined; // It has ended meanwhile.
  }
}
