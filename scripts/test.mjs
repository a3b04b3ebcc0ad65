/**
 * Runs the compiled tests with node:test: all of them, or those whose path contains one of the arguments.
 * `node --test` exits 0 when a pattern matches nothing; here no file is a failure.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../build/test/', import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(root, { recursive: true })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .toSorted();
if (files.length === 0) {
  console.error(`no test file matches ${JSON.stringify(wanted)} below ${root}`);
  process.exit(1);
}

const runner = spawn(
  process.execPath,
  ['--enable-source-maps', '--test', '--test-concurrency=2', ...files.map((file) => `${root}${file}`)],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => runner.kill(signal));
runner.on('exit', (code) => process.exit(code ?? 1));
