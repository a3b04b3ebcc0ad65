import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, projectRoot } from '../helpers/cluster.js';

const ENTRY = join(projectRoot, 'dist/entry.js');

/** What a command under eggcup prints; its standard error comes along when it is not empty. */
async function outputOf(args: readonly string[], options: SpawnOptions = {}): Promise<Buffer> {
  const env = { ...process.env, TINI_VERBOSITY: '0', ...options.env };
  return printed(spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'pipe', 'inherit'], ...options, env }));
}

async function printed(child: ChildProcess): Promise<Buffer> {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  assert.deepEqual(await once(child, 'close'), [0, null]);
  return Buffer.concat(chunks);
}

test('descriptors beyond the standard ones are handed on, and none of Node', async () => {
  // One shell starts both, so that both are given the same: threads of Node may have any file open while it is started.
  const list = 'cd /proc/self/fd && echo *';
  const script = `(${list}); "$0" "$1" sh -c '${list} && cat <&5'`;
  const file = openSync(fixture('init/segfault.c'), 'r');
  const child = spawn('sh', ['-c', script, process.execPath, ENTRY], {
    stdio: ['ignore', 'pipe', 'inherit', 'ignore', 'pipe', file, 'ignore', 'pipe', file],
    env: { ...process.env, TINI_VERBOSITY: '0' },
  });
  closeSync(file);
  const [bare, underEggcup, ...content] = (await printed(child)).toString().split('\n');
  assert.match(String(bare), / 4 .*5 .*7 8/);
  assert.equal(underEggcup, bare);
  assert.match(content.join('\n'), /Fails at its first instruction/);
});

test('sockets of LISTEN_FDS reach the command', async () => {
  const stdio: SpawnOptions['stdio'] = ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'];
  const output = await outputOf(['sh', '-c', 'echo $LISTEN_FDS; ls -l /proc/self/fd/3 /proc/self/fd/4'], {
    stdio,
    env: { LISTEN_FDS: '2' },
  });
  assert.match(output.toString(), /^2\n.*3 -> socket:.*\n.*4 -> socket:/);
});

test('arguments and environment reach it byte for byte, also what is no UTF-8', async () => {
  // A shell is asked to make the bytes: Node can't hand them over either.
  const inner = `exec "$0" "$1" printf '%s|%s|%s' "$(printf 'a\\377b')" '' "$(printf 'c\\200')"`;
  const child = spawn('sh', ['-c', inner, process.execPath, ENTRY], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TINI_VERBOSITY: '0' },
  });
  assert.deepEqual(await printed(child), Buffer.from([0x61, 0xff, 0x62, 0x7c, 0x7c, 0x63, 0x80]));
  const variables = await outputOf(['env', '-0'], {
    env: { PATH: process.env['PATH'], WITH_NEWLINE: 'a\nb', EMPTY: '' },
  });
  assert.ok(variables.includes('WITH_NEWLINE=a\nb\0') && variables.includes('EMPTY=\0'));
});

test('megabytes go through a pipe that it shares with an eggcup that talks', async () => {
  const bytes = 4 * 1024 * 1024;
  const script = `kill -USR1 $PPID; head -c ${bytes} /dev/zero; for i in 1 2 3 4 5 6 7 8; do kill -USR1 $PPID; done; head -c ${bytes} /dev/zero`;
  const child = spawn(process.execPath, [ENTRY, '-vvv', '-r', 'USR1:0', 'sh', '-c', `{ ${script}; } 2>&1`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let zeros = 0;
  child.stdout.on('data', (chunk: Buffer) => (zeros += chunk.filter((byte) => byte === 0).length));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  assert.deepEqual(await once(child, 'close'), [0, null]);
  assert.equal(zeros, 2 * bytes);
  assert.match(said, /Dropping signal: 'SIGUSR1'/);
});

test('the working directory is the same; signals have their default actions, none is blocked', async () => {
  assert.equal((await outputOf(['pwd'], { cwd: '/usr' })).toString(), '/usr\n');
  const status = (await outputOf(['cat', '/proc/self/status'])).toString();
  for (const set of ['SigBlk', 'SigIgn', 'SigCgt']) assert.match(status, new RegExp(`${set}:\\s+0{16}`));
});
