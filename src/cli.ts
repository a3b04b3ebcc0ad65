#!/usr/bin/env node
/** The operator's tool: `eggcup check` and `eggcup schema`. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from './config/config-error.js';
import { loadConfig } from './config/load.js';
import { parseEntryArgs } from './init/entry-args.js';
import { printLine, version } from './terminal.js';

const USAGE = `usage: eggcup check [--config FILE]   validates the config file: exit 0, or 78 and all that is wrong
       eggcup schema                  prints the JSON Schema of the config file
       eggcup --help | --version

The cluster itself is started by \`node dist/entry.js\` (eggcup-entry).`;

/** Commands of the design whose time has not come. */
const LATER = new Set(['print', 'plan', 'init', 'status', 'reload', 'scale', 'doctor']);

process.exitCode = main(process.argv.slice(2));

function main([command, ...args]: readonly string[]): number {
  if (command === '--help' || command === '-h') return say(USAGE);
  if (command === '--version') return say(version());
  if (command === 'schema') return say(readFileSync(new URL('cluster.schema.json', import.meta.url), 'utf8').trimEnd());
  if (command === 'check') return check(args);
  if (command !== undefined && LATER.has(command)) return refuse(`eggcup: "${command}" is not available yet`);
  return refuse(command === undefined ? USAGE : `eggcup: unknown command "${command}"\n${USAGE}`);
}

function check(args: readonly string[]): number {
  const request = parseEntryArgs(args, process.env);
  if (request.kind === 'help') return say(USAGE);
  if (request.kind !== 'cluster') return refuse(`eggcup: ${request.kind === 'refused' ? request.why : USAGE}`);
  const file = request.configFile;
  const exampleFile = fileURLToPath(new URL('../examples/hello/cluster.yaml', import.meta.url));
  try {
    const loaded = loadConfig({ file, env: process.env, cwd: process.cwd(), exampleFile });
    const shown = relative(process.cwd(), loaded.file);
    return say(`${shown.startsWith('..') ? loaded.file : shown} is right`);
  } catch (error) {
    if (error instanceof ConfigError) return refuse(error.message);
    throw error;
  }
}

function say(text: string): number {
  printLine(1, text);
  return 0;
}

function refuse(text: string): number {
  printLine(2, text);
  return 78;
}
