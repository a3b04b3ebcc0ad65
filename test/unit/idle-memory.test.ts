import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../helpers/cluster.js';

const hrefOf = (module: string): string => pathToFileURL(join(projectRoot, 'lib', module)).href;

/** `waitFor` is told of each attempt to give something back; `keepBusy` leaves the process hardly any rest. */
const PREPARED = `
  import { getHeapStatistics } from 'node:v8';
  import { saveMemory, saveMemoryWhenIdle } from '${hrefOf('idle-memory.js')}';
  import { loadNative } from '${hrefOf('native/addon.js')}';

  const megabytes = () => getHeapStatistics().total_heap_size / 2 ** 20;
  const asked = [];
  let isTold;
  const told = new Promise((resolve) => { isTold = resolve; });
  const native = {
    shrinkHeap: () => { asked.push('heap'); return loadNative().shrinkHeap(); },
    trimMemory: () => { asked.push('malloc'); isTold(); return loadNative().trimMemory(); },
  };
  const patience = setTimeout(() => { throw new Error('nothing was given back'); }, 120_000);
  const keepBusy = async (ms) => {
    for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10)))
      for (const rest = Date.now() + 40; Date.now() < rest;);
  };
  const tell = (value) => { clearTimeout(patience); console.log(JSON.stringify(value)); };
`;

function run(program: string): unknown {
  const args = ['--input-type=module', '-e', `${PREPARED}\n${program}`];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 180_000 }));
}

test('what an idle process does not need of its heap is given back', () => {
  const [before, after, asked] = run(`
    let much = Array.from({ length: 3e5 }, (_, index) => ({ index }));
    much = undefined;
    const before = megabytes();
    saveMemoryWhenIdle(native);
    await told;
    tell([before, megabytes(), asked]);
  `) as [number, number, string[]];
  assert.ok(after < before - 8, `${before} MB, then ${after} MB`);
  assert.deepEqual(asked, ['heap', 'malloc']);
});

test('a busy process is left alone until it is not', () => {
  const [meanwhile, asked] = run(`
    saveMemoryWhenIdle(native);
    await keepBusy(5000);
    const meanwhile = [...asked];
    await told;
    tell([meanwhile, asked]);
  `) as [string[], string[]];
  assert.deepEqual([meanwhile, asked], [[], ['heap', 'malloc']]);
});

test('a large heap, or process, would stand still for too long', () => {
  for (const much of [
    'Array.from({ length: 4e6 }, (_, index) => ({ index }))',
    'Array.from({ length: 300 }, () => Buffer.allocUnsafe(2 ** 20).fill(1))',
  ]) {
    const asked = run(`
      const much = ${much};
      saveMemory(native);
      tell([asked, much.length > 0]);
    `);
    assert.deepEqual(asked, [[], true], much);
  }
});

test('it can be called off, and keeps no process from its end', () => {
  const asked = run(`
    saveMemoryWhenIdle(native).callOff();
    saveMemoryWhenIdle(native);
    tell(asked);
  `);
  assert.deepEqual(asked, []);
});

test('a process without a free descriptor is none the worse', () => {
  const asked = run(`
    const { openSync, closeSync } = await import('node:fs');
    const { execFileSync } = await import('node:child_process');
    execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=40:']);
    loadNative(); // As at a process' start.
    const open = [];
    for (;;) try { open.push(openSync('/dev/null')); } catch (error) {
      if (error.code !== 'EMFILE') throw error;
      break;
    }
    saveMemoryWhenIdle(native);
    await told;
    for (const descriptor of open) closeSync(descriptor);
    tell(asked);
  `);
  assert.deepEqual(asked, ['heap', 'malloc']);
});
