/**
 * Runs the compiled tests with node:test: all of them but verify/, which has commands of its own, or those whose path contains
 * one of the arguments.
 * `node --test` exits 0 when a pattern matches nothing; here that is a failure. With CI set, so is a skipped test,
 * unless it needs the other kind of user, for CI runs the tests as root and as an ordinary one, or another processor.
 */
import { existsSync, readdirSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../build/test/', import.meta.url));
const wanted = process.argv.slice(2);
const files = (existsSync(root) ? readdirSync(root, { recursive: true }) : [])
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => (wanted.length === 0 ? !file.startsWith('verify/') : wanted.some((part) => file.includes(part))))
  .map((file) => `${root}${file}`)
  .toSorted();
if (files.length === 0) {
  process.stderr.write(`no test file matches ${JSON.stringify(wanted)} below ${root}\n`);
  process.exit(1);
}

// CI can have every program, but not choose its processor.
const tolerated = process.getuid?.() === 0 ? /^(?:root may|this processor)/ : /^(?:needs root|this processor)/;
let passed = 0;
const refused = [];
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort());

// For one file. Those of verify/ start whole clusters.
const timeout = files.some((file) => file.startsWith(`${root}verify/`)) ? 2_400_000 : 600_000;
const stream = run({ files, concurrency: 2, signal: stop.signal, timeout });
stream.on('test:pass', ({ name, skip, details }) => {
  if (skip === undefined) passed += details.type === 'suite' ? 0 : 1;
  else if (process.env.CI !== undefined && !tolerated.test(String(skip))) refused.push(`skipped: ${name}: ${skip}`);
});
stream.on('test:fail', () => (process.exitCode = 1));
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', () => {
  if (passed === 0) refused.push('no test was executed');
  if (refused.length > 0) process.exitCode = 1;
});
// After the reporter's own last line.
process.on('exit', () => {
  for (const why of refused) process.stderr.write(`not accepted: ${why}\n`);
});
