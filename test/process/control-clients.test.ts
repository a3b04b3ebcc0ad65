/** Clients of the control socket that are slow, wrong or many: it is served by the process on which all others depend. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../helpers/cli.js';
import { type Cluster, startScript } from '../helpers/cluster.js';
import { openControl, say } from '../helpers/control.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

const STATUS = '{"request":"status"}\n';

async function start(t: TestContext): Promise<Cluster & { readonly port: number; readonly path: string }> {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  await cluster.untilLogged('control.listening');
  return Object.assign(cluster, { path: join(cluster.healthDir, 'control.sock') });
}

/** The master's resident memory. */
function mibOf({ pid }: Cluster): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function untilBeatsAgain(cluster: Cluster): Promise<void> {
  const beat = (): number => statSync(join(cluster.healthDir, 'live')).mtimeMs;
  const before = beat();
  await until('the next beat', () => beat() > before, 2500);
}

test('several requests on one connection are answered in turn, also when nothing ends the last', async (t) => {
  const cluster = await start(t);
  const replies = await say(t, cluster.path, `${STATUS}{"request":"scale","workers":3}\n${STATUS.trim()}`);
  assert.deepEqual(
    replies.map(({ ok, status }) => [ok, (status as { workers: number } | undefined)?.workers]),
    [
      [true, 2],
      [true, undefined],
      [true, 3],
    ],
  );
  assert.equal(await cluster.stop(), 0);
});

test('what is no request is refused, and what follows it is answered; too long a one ends the connection', async (t) => {
  const cluster = await start(t);
  const codes = async (words: string): Promise<readonly unknown[]> =>
    (await say(t, cluster.path, words)).map(({ ok, code }) => (ok ? 'ok' : code));
  assert.deepEqual(await codes(`\0rubbish\n[]\n\n{"request":"stop"}\n${STATUS}`), [
    'request',
    'request',
    'request',
    'request',
    'ok',
  ]);
  assert.deepEqual(await codes(`{"request":"status","${'x'.repeat(4100)}":1}\n${STATUS}`), ['too-long']);
  assert.deepEqual(await codes('x'.repeat(300_000)), ['too-long']);
  assert.deepEqual(await codes(`{"request":"status"${' '.repeat(4000)}}\n`), ['ok']);
  assert.deepEqual(await codes(''), []);
  assert.deepEqual(cluster.logged('control.failed'), []);
  assert.equal(await cluster.stop(), 0);
});

test('200 connections that say nothing keep nobody out, and the master beats on', async (t) => {
  const cluster = await start(t);
  const silent = Array.from({ length: 200 }, (_, index) =>
    openControl(t, cluster.path, index % 2 === 0 ? '' : '{"request":'),
  );
  await until('all to be connected', () => !silent.some(({ connecting }) => connecting));
  assert.equal(run('cli', ['status', '--dir', cluster.healthDir]).code, 0);
  assert.match((await get(cluster.port)).body, /^\d+$/);
  await untilBeatsAgain(cluster);
  await until(
    'the oldest to be dropped',
    () => silent.filter(({ readableEnded, destroyed }) => !readableEnded && !destroyed).length <= 64,
  );
  const begun = performance.now();
  assert.equal(await cluster.stop(), 0);
  assert.ok(performance.now() - begun < 8000);
  await cluster.assertGone();
});

test('who says nothing, or a byte now and then, is cut after its time', async (t) => {
  const cluster = await start(t);
  const silent = openControl(t, cluster.path).resume();
  const dripping = openControl(t, cluster.path, '{').resume();
  const drip = setInterval(() => dripping.write(' '), 200);
  t.after(() => clearInterval(drip));
  const begun = performance.now();
  await Promise.all([once(silent, 'end'), once(dripping, 'end').catch(() => undefined)]);
  const tookMs = performance.now() - begun;
  assert.ok(tookMs > 3000 && tookMs < 20_000, `${tookMs} ms`);
  assert.equal(await cluster.stop(), 0);
});

test('clients that do not read their answers cost the master neither time nor memory', async (t) => {
  const cluster = await start(t);
  const before = mibOf(cluster);
  const deaf = Array.from({ length: 20 }, () => openControl(t, cluster.path).pause());
  for (const socket of deaf) for (let index = 0; index < 100; index += 1) socket.write(STATUS.repeat(1000));
  await untilBeatsAgain(cluster);
  await untilBeatsAgain(cluster);
  assert.match((await get(cluster.port)).body, /^\d+$/);
  const [reply] = await say(t, cluster.path, STATUS);
  assert.equal((reply?.['status'] as { phase: string } | undefined)?.phase, 'running');
  assert.ok(mibOf(cluster) - before < 40, `${before} → ${mibOf(cluster)} MiB`);
  await until('them to be cut', () => deaf.every(({ destroyed, writable }) => destroyed || !writable), 20_000);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a reload that nobody waits for any more goes on, and so does who asked for nothing', async (t) => {
  const cluster = await start(t);
  const waiting = openControl(t, cluster.path, '{"request":"reload","wait":true}\n');
  await cluster.untilLogged('reload.begun');
  waiting.destroy();
  await cluster.untilLogged('reload.done');
  await until('it to be over', () => cluster.status()?.phase === 'running');
  assert.equal((await say(t, cluster.path, STATUS)).length, 1);
  assert.equal(await cluster.stop(), 0);
});
