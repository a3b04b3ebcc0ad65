/**
 * Does what the README says first: `npm start`, a look at the page, Ctrl-C. Exits 0 when the example answered,
 * ended with 0 and left nothing behind.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const port = 7001;
const health = mkdtempSync(join(tmpdir(), 'eggcup-example-'));
// In its own process group, which gets the Ctrl-C as a terminal would send it.
const npm = spawn('npm', ['start'], {
  stdio: 'inherit',
  detached: true,
  env: { ...process.env, EGGCUP__HEALTH__DIR: health },
});
const exited = new Promise((resolve) => npm.once('exit', (code, signal) => resolve(signal ?? code)));

try {
  await until('the example to be ready', () => existsSync(join(health, 'ready')));
  const page = await (await fetch(`http://127.0.0.1:${port}`)).text();
  assert.match(page, /^Hello from app worker \d+\n/);
  await until('news from the agent', async () => {
    return /agent \d+ said/.test(await (await fetch(`http://127.0.0.1:${port}`)).text());
  });
} finally {
  process.kill(-npm.pid, 'SIGINT');
}
assert.equal(await exited, 0, 'Ctrl-C ends it with 0');
assert.deepEqual(readdirSync(health), []);
rmSync(health, { recursive: true });
console.log('the example answered, and Ctrl-C ended it');

async function until(name, fact) {
  for (const deadline = Date.now() + 60_000; ;) {
    if (await fact()) return;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
