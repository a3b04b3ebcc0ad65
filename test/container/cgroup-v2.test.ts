/** A container on a real cgroup v2: everything below test/container/v2/, in a machine that is booted for it once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInUserModeLinux, whyNoUserModeLinux } from '../helpers/user-mode-linux.js';
import { parseReport } from './v2/reporter.js';

const CASES = 11;

const why = whyNoUserModeLinux();

test('on a machine with cgroup v2', { skip: why ?? false }, async (t) => {
  const boot = await runInUserModeLinux('build/test/container/v2/cases.js');
  const results = parseReport(boot.console);
  const cases = results.filter(({ isEnd }) => isEnd !== true);
  for (const { name, ms, error } of cases)
    await t.test(`${name} (${ms} ms there)`, () => assert.ok(error === undefined, error));
  await t.test('it has run every case, switched itself off, and left neither a process nor a file', () => {
    const facts = { cases: cases.length, hasEnded: results.at(-1)?.isEnd, isOff: boot.isOff, left: boot.left };
    assert.deepEqual(facts, { cases: CASES, hasEnded: true, isOff: true, left: [] });
  });
  if (cases.length !== CASES || cases.some(({ error }) => error !== undefined)) t.diagnostic(boot.console);
});
