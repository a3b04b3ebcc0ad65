import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot, startScript } from '../helpers/cluster.js';
import { isLiving } from '../helpers/processes.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

const ENTRY = join(projectRoot, 'dist/entry.js');

function shell(script: string, env: NodeJS.ProcessEnv = {}): number | null {
  const all = { ...process.env, NODE: process.execPath, ENTRY, ...env };
  return spawnSync('sh', ['-c', script], { stdio: 'ignore', env: all, timeout: 60_000 }).status;
}

test('a full disk under standard error or output costs a command nothing but what eggcup would say', () => {
  for (const [script, code] of [
    [`"$NODE" "$ENTRY" -vvv -- sh -c 'exit 7' 2>/dev/full`, 7],
    [`"$NODE" "$ENTRY" -- /does/not/exist 2>/dev/full`, 127],
    [`"$NODE" "$ENTRY" -x 2>/dev/full`, 78],
    [`"$NODE" "$ENTRY" --version >/dev/full`, 1],
  ] as const) {
    assert.equal(shell(script), code, script);
  }
});

test('a master whose log goes to a full disk works, stops and ends all the same', async (t) => {
  const full = openSync('/dev/full', 'w');
  const cluster = await startScript(t, 'scripts/hello.js', {}, { spawn: { stdio: ['ignore', full, 'pipe'] } });
  closeSync(full);
  await cluster.untilReady();
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a storm of faults that somebody sends, with others among them, stops no command from ending', async (t) => {
  for (let round = 0; round < 4; round += 1) {
    const init = spawn(process.execPath, [ENTRY, 'sh', '-c', "trap '' ILL BUS FPE SEGV; echo up; sleep 600 & wait"], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    t.after(() => init.kill('SIGKILL'));
    await once(init.stdout, 'data');
    const ended = once(init, 'exit');
    for (let sent = 0; sent < 1500; sent += 1) process.kill(init.pid ?? 0, [4, 7, 8, 11][sent % 4]);
    init.kill('SIGTERM');
    await until('the command to end', () => !isLiving(init.pid ?? 0), 30_000);
    assert.deepEqual(await ended, [143, null]);
  }
});

test('a fatal signal gives the same exit code every time', async (t) => {
  for (let round = 0; round < 8; round += 1) {
    const cluster = await startScript(t, 'scripts/hello.js', {}, { spawn: { stdio: 'ignore' } });
    await until('the file ready', () => cluster.hasFile('ready'));
    cluster.signal('SIGALRM');
    assert.equal(await cluster.ended(), 142);
  }
});

test("the profiler's own signals are not the command's", (t) => {
  const dir = temporaryDirectory(t);
  const script = `"$NODE" --cpu-prof --cpu-prof-dir="$DIR" "$ENTRY" -- sh -c 'sleep 0.5; exit 7'`;
  assert.equal(shell(script, { DIR: dir }), 7);
  assert.equal(readdirSync(dir).length, 1);
});

test('a program is found whose name is no UTF-8', (t) => {
  const script = `cd "$1" && name="$(printf 'a\\377b')" && printf 'exit 9' > "$name" && chmod +x "$name" && "$NODE" "$ENTRY" "./$name"`;
  const dir = temporaryDirectory(t);
  assert.equal(shell(script.replace('"$1"', `"${dir}"`)), 9);
});

test('a working directory that was removed is no fault of eggcup', () => {
  const script = `d=$(mktemp -d) && cd "$d" && rmdir "$d" && exec "$NODE" "$ENTRY" --config /does/not/exist.yaml`;
  assert.equal(shell(script), 78);
});
