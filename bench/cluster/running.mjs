import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atExit, temporaryFolder } from './at-exit.mjs';
import { MARK, killMarked } from './processes.mjs';

const LIMIT_MS = 60_000;
const POLL_MS = 5;

const now = () => Number(process.hrtime.bigint()) / 1e6;

/**
 * Starts a candidate in a folder of its own, hands over what hears its facts, and ends it when `use` has ended: it is asked
 * first, and whatever it has left is killed.
 */
export async function whileRunning({ name, command, env }, use) {
  const { folder, remove } = temporaryFolder('run-');
  const port = await freePort();
  const [file, ...args] = command({ folder, port });
  const mark = `${process.pid}-${Math.random()}`;
  const facts = join(folder, 'facts');
  const output = join(folder, 'output');
  for (const path of [facts, output]) writeFileSync(path, '');
  mkdirSync(join(folder, 'home'));
  const [home, out] = [join(folder, 'home'), openSync(output, 'a')];
  const writable = { HOME: home, EGG_HOME: home, BENCH_FACTS: facts };
  const variables = { PATH: process.env.PATH, ...writable, PORT: String(port), [MARK]: mark, ...env?.({ folder }) };
  const killAll = atExit(() => killMarked(mark));
  const begin = now();
  const child = spawn(file, args, { cwd: folder, env: variables, stdio: ['ignore', out, out, 'ipc'] });
  const exited = once(child, 'exit');
  const eggReady = new Promise((resolve) => {
    child.on('message', ({ action }) => action === 'egg-ready' && resolve(now()));
  });
  try {
    const place = { folder, port, variables, factsFile: facts };
    const hearing = { eggReady: () => inTime(eggReady), told, untilTold, failure };
    return await use({ pid: child.pid, begin, send: (message) => child.send(message), ...place, ...hearing });
  } finally {
    child.kill('SIGTERM');
    const patience = setTimeout(() => killMarked(mark), LIMIT_MS / 6);
    await exited;
    clearTimeout(patience);
    killAll();
    closeSync(out);
    remove();
  }

  /** What has been told so far under this name. */
  function told(fact) {
    const lines = readFileSync(facts, 'utf8').split('\n').slice(0, -1);
    return lines.map(JSON.parse).filter((it) => it.fact === fact);
  }

  /** The first so many facts of this name; `but` leaves out a process. */
  async function untilTold(fact, count = 1, but = []) {
    const deadline = now() + LIMIT_MS;
    for (;;) {
      const found = told(fact).filter((it) => !but.includes(it.pid));
      if (found.length >= count) return found.slice(0, count);
      if (now() > deadline || child.exitCode !== null) throw failure(`does not tell "${fact}"`);
      await sleep(POLL_MS);
    }
  }

  function inTime(promise) {
    const late = sleep(LIMIT_MS, undefined, { ref: false }).then(() => Promise.reject(failure('is not ready')));
    const early = exited.then(() => Promise.reject(failure('has ended')));
    return Promise.race([promise, late, early]);
  }

  function failure(what) {
    const end = readFileSync(output, 'utf8').slice(-2000);
    return Object.assign(new Error(`${name} ${what}; its output ends:\n${end}`), { exitCode: child.exitCode });
  }
}

export async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
