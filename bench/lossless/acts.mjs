/** What is done to a cluster under load. Each takes as long as it takes until all app workers listen again, and returns that in ms. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive } from './workers.mjs';

const LOOK_MS = 1000;

const act = (name, isPlanned, perform) => ({ name, isPlanned, perform });

/** What the load itself loses. */
export const nothing = act('nothing', false, () => timed(() => sleep(LOOK_MS)));

export const killWorker = act('kill -9 of a worker', false, async ({ workers }) => {
  const listening = workers.listening();
  return ended(workers, listening[0], listening.length, () => process.kill(listening[0], 'SIGKILL'));
});

/** Far enough apart that each is a crash of its own: one after the other make the next wait longer. */
export const killAgent = {
  ...act('kill -9 of the agent', false, ({ workers }) =>
    timed(async () => {
      const old = workers.agents();
      for (const pid of old) process.kill(pid, 'SIGKILL');
      await workers.until('another agent is ready', () => workers.agents().some((pid) => !old.includes(pid)));
    }),
  ),
  apartMs: 1000,
};

export const hang = act('a worker hangs', false, async ({ running, workers }) => {
  const { length } = workers.listening();
  const before = running.told('hung').length;
  await (await fetch(`http://127.0.0.1:${running.port}/hang`, { headers: { connection: 'close' } })).text();
  await workers.until('a worker hangs', () => running.told('hung').length > before);
  return ended(workers, running.told('hung')[before].pid, length, () => undefined);
});

export const eggcupActs = {
  roll: act('roll of all workers', true, ({ running, workers }) =>
    rolled(running, workers, workers.listening(), () => process.kill(running.pid, 'SIGUSR2')),
  ),
  configReload: act('reload of a changed config', true, ({ running, workers }) =>
    rolled(running, workers, [...workers.listening(), ...workers.agents()], () => {
      running.changeConfig();
      process.kill(running.pid, 'SIGHUP');
    }),
  ),
  resize: resizing(({ running }, isMore) => process.kill(running.pid, isMore ? 'SIGTTIN' : 'SIGTTOU')),
};

export const eggClusterActs = {
  roll: act('roll of all workers', true, ({ running, workers }) =>
    replaced(workers, workers.listening(), () => running.send({ to: 'master', action: 'reload-worker' })),
  ),
};

export const pm2Acts = {
  roll: act('roll of all workers', true, ({ running, workers }) =>
    replaced(workers, workers.listening(), () => running.pm2('reload', 'bench')),
  ),
  resize: resizing(({ running, workers }, isMore) =>
    running.pm2('scale', 'bench', String(workers.listening().length + (isMore ? 1 : -1))),
  ),
};

/** Calls pm2 as its user does, in the place of this cluster. */
export function pm2Command(program, { variables }) {
  return (...args) => promisify(execFile)(process.execPath, [program, ...args], { env: variables });
}

/** One more, and the next time one fewer. */
function resizing(resize) {
  let isMore = false;
  return act('one worker more, or fewer', true, (context) => {
    isMore = !isMore;
    const { workers } = context;
    const goal = workers.listening().length + (isMore ? 1 : -1);
    return timed(async () => {
      await resize(context, isMore);
      await workers.until(`${goal} workers`, () => workers.listening().length === goal);
    });
  });
}

/** A worker ends, which nobody has asked it to; what it held at its end goes with it. */
async function ended(workers, pid, count, end) {
  const { ms } = await timed(async () => {
    end();
    await workers.until(`${pid} has ended`, () => !isAlive(pid));
    await workers.until(`${count} workers listen`, () => workers.listening().length >= count);
  });
  return { ms, held: workers.heldBy(pid) };
}

/** Nobody asks for the next thing before the master says that this one is done. */
async function rolled(running, workers, old, roll) {
  const result = await replaced(workers, old, roll);
  const status = join(running.folder, 'health/status.json');
  const phase = () => JSON.parse(readFileSync(status, 'utf8')).phase;
  await workers.until('the master has done all', () => phase() === 'running');
  return result;
}

function replaced(workers, old, roll) {
  const count = workers.listening().length;
  const isDone = () => !old.some(isAlive) && workers.listening().length >= count;
  return timed(async () => {
    await roll();
    await workers.until('all are replaced', isDone);
  });
}

async function timed(action) {
  const begin = performance.now();
  await action();
  return { ms: performance.now() - begin };
}
