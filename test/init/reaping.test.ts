import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { fixture, projectRoot, startScript } from '../helpers/cluster.js';
import { isLiving } from '../helpers/processes.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

const PREBUILT = join(projectRoot, `native/prebuilt/linux-${process.arch}.node`);
const CHILDREN = 200;

interface Outcome {
  readonly thread: { readonly missing: number; readonly wrong: number };
  readonly worker: { readonly missing: number; readonly wrong: number };
  readonly sync: { readonly wrong: number };
  readonly reaped: number;
  readonly zombies: number;
}

async function mixedLoad(addon: string, mode: string, graceMs: number, children = CHILDREN): Promise<Outcome> {
  const args = [fixture('init/mixed-load.mjs'), addon, mode, String(children), String(graceMs)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 240_000 });
  return JSON.parse(stdout) as Outcome;
}

const right = { thread: { missing: 0, wrong: 0 }, worker: { missing: 0, wrong: 0 }, sync: { wrong: 0 }, zombies: 0 };

for (const graceMs of [0, 50]) {
  test(`of a mixed load no exit is lost, and no orphan stays a zombie (grace ${graceMs} ms)`, async () => {
    assert.deepEqual(await mixedLoad(PREBUILT, 'reaper', graceMs), { ...right, reaped: CHILDREN });
  });
}

test('the same load finds an init that does not reap', async () => {
  const { zombies, reaped } = await mixedLoad(PREBUILT, 'nothing', 0, 50);
  assert.deepEqual({ zombies, reaped }, { zombies: 50, reaped: 0 });
});

test('the same load finds an init that waits for whoever has ended: it costs exit events', async () => {
  const { thread } = await mixedLoad(PREBUILT, 'naive', 0, 50);
  assert.ok(thread.missing > 0, 'nothing was lost');
});

test("the same load finds one that takes a worker thread's children for orphans", async (t) => {
  const addon = buildWith(t, 'WAIT_NO_THREAD=0');
  if (addon === undefined) return;
  // Whether the two meet is a matter of luck.
  for (let attempt = 0; attempt < 8; attempt += 1) if (await costsAnExit(addon)) return;
  assert.fail('nothing was lost');
});

/** It steals an exit event, or the very child that libuv is about to wait for, which makes libuv abort. */
async function costsAnExit(addon: string): Promise<boolean> {
  const outcome = await mixedLoad(addon, 'reaper', 0).catch((error: NodeJS.ErrnoException) => error);
  if (!(outcome instanceof Error)) return outcome.worker.missing > 0;
  assert.match(String(outcome), /uv__spawn_and_init_child|SIGABRT/);
  return true;
}

test('who forks and waits by itself keeps its status, as long as it does so within the grace', () => {
  const script = fixture('init/foreign-forker.mjs');
  const outcome = execFileSync(process.execPath, [script, PREBUILT, '300'], { encoding: 'utf8', timeout: 120_000 });
  assert.deepEqual(JSON.parse(outcome), { kept: 300, lost: 0, timers: 0 });
});

test("orphans that an application's workers leave behind are reaped by the master, whoever is PID 1", async (t) => {
  const cluster = await startScript(t, 'scripts/leaves-orphans.js');
  await cluster.untilReady();
  const { pid } = await cluster.untilLogged('child.orphan-reaped', { code: 3 });
  await until('it to be gone', () => !isLiving(Number(pid)));
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

function buildWith(t: TestContext, define: string): string | undefined {
  if (spawnSync('gcc', ['--version']).status !== 0) {
    t.skip('gcc is not installed (apt-get install gcc linux-libc-dev)');
    return undefined;
  }
  const folder = temporaryDirectory(t);
  execFileSync(process.execPath, [join(projectRoot, 'scripts/build-native.mjs'), '--to', folder, `-D${define}`]);
  return join(folder, `linux-${process.arch}.node`);
}
