#!/usr/bin/env node
/** The operator's tool: `eggcup check`, `print`, `plan`, `schema`, `init`, `doctor`. It starts nothing. */
import { runCli } from './cli/run.js';
import { hasCode, messageOf } from './errors.js';
import { printLine } from './terminal.js';

void runCli(process.argv.slice(2), { env: process.env, cwd: process.cwd() }).then(({ code, out, err }) => {
  process.exitCode = code;
  if (err !== undefined) printLine(2, err);
  if (out === undefined) return;
  try {
    printLine(1, out);
  } catch (error) {
    // Who reads has what it wanted (`eggcup print | head -1`).
    if (hasCode(error, 'EPIPE')) return;
    printLine(2, `eggcup: the answer cannot be written: ${messageOf(error)}`);
    process.exitCode = 1;
  }
});
