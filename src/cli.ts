#!/usr/bin/env node
/** The operator's tool: what a config means and would start, and what the running master says. It starts nothing itself. */
import { isatty } from 'node:tty';
import { runCli } from './cli/run.js';
import { hasCode, messageOf } from './errors.js';
import { printLine, workingDirectory } from './terminal.js';

const surroundings = { env: process.env, cwd: workingDirectory(), say, isTerminal: isatty(1) };

void runCli(process.argv.slice(2), surroundings).then(({ code, out, err }) => {
  process.exitCode ??= code;
  if (err !== undefined) printLine(2, err);
  if (out !== undefined) say(out);
});

/** Returns whether anybody reads on. */
function say(text: string): boolean {
  try {
    printLine(1, text);
    return true;
  } catch (error) {
    // Who reads has what it wanted (`eggcup print | head -1`).
    if (hasCode(error, 'EPIPE')) return false;
    printLine(2, `eggcup: the answer cannot be written: ${messageOf(error)}`);
    process.exitCode = 1;
    return false;
  }
}
