#!/usr/bin/env node
/** The operator's tool: `eggcup check`, `print`, `plan`, `schema`, `init`, `doctor`. It starts nothing. */
import { runCli } from './cli/run.js';
import { printLine } from './terminal.js';

void runCli(process.argv.slice(2), { env: process.env, cwd: process.cwd() }).then(({ code, out, err }) => {
  if (out !== undefined) printLine(1, out);
  if (err !== undefined) printLine(2, err);
  process.exitCode = code;
});
