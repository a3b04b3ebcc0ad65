import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EggcupError, hasCode, messageOf } from '../errors.js';
import { version } from '../terminal.js';
import { type Answer, answerFaults, type CliCommand, loadGiven, shownFile, type Surroundings } from './command.js';
import { type Found, lookAtFolder } from './look-at-folder.js';
import type { Given } from './options.js';
import { starterConfig } from './starter.js';

/** `eggcup init`: writes a commented cluster.yaml for what is found in the folder. Never over a file that is there. */
export const init: CliCommand = {
  summary: 'writes a commented cluster.yaml after a look at the folder',
  options: ['config'],
  optionHelp: { config: 'what to write; else $EGGCUP_CONFIG, cluster.yaml here' },
  run(given, surroundings): Answer {
    const { cwd, env } = surroundings;
    const named = env['EGGCUP_CONFIG'] === '' ? undefined : env['EGGCUP_CONFIG'];
    const file = resolve(cwd, given.config ?? named ?? 'cluster.yaml');
    const folder = dirname(file);
    try {
      const found = lookAtFolder(folder);
      if (found === undefined) return refused(nothingIn(folder));
      writeFileSync(file, starterConfig(found, schemaFile(folder)), { flag: 'wx' });
      return check({ ...given, config: file }, surroundings) ?? { code: 0, out: summary(shownFile(file, cwd), found) };
    } catch (error) {
      const why = error instanceof EggcupError ? error.message : whyNotWritten(error, file);
      if (why === undefined) throw error;
      return refused(why);
    }
  },
};

function refused(why: string): Answer {
  return { code: 78, err: `eggcup init: ${why}` };
}

/** What was written is taken back when it is wrong: something in the folder was not as it looked. */
function check(given: Given, surroundings: Surroundings): Answer | undefined {
  try {
    loadGiven(given, surroundings);
    return undefined;
  } catch (error) {
    if (given.config !== undefined) rmSync(given.config);
    return answerFaults(error, 'text');
  }
}

function nothingIn(folder: string): string {
  const manifest = existsSync(join(folder, 'package.json'))
    ? 'package.json names neither egg nor a program that is there (scripts.start, main)'
    : 'there is no package.json';
  return (
    `nothing to run in ${folder}: ${manifest}, and no server.js, index.js, app.js or main.js; ` +
    'build it first, or call it in the folder of an application'
  );
}

function whyNotWritten(error: unknown, file: string): string | undefined {
  if (hasCode(error, 'EEXIST')) return `${file} exists; remove it, or name another with --config`;
  if (['EACCES', 'EROFS', 'EPERM', 'ENOENT', 'ENOTDIR', 'EISDIR'].some((code) => hasCode(error, code)))
    return `it cannot be written; name another place with --config: ${messageOf(error)}`;
  return undefined;
}

/** The one beside the application where eggcup is a dependency of it; else the published one. */
function schemaFile(folder: string): string {
  const installed = 'node_modules/eggcup/dist/cluster.schema.json';
  if (existsSync(join(folder, installed))) return `./${installed}`;
  return `https://unpkg.com/eggcup@${version()}/dist/cluster.schema.json`;
}

function oneLine(text: string): string {
  return /\p{Cc}/u.test(text) ? JSON.stringify(text) : text;
}

function summary(file: string, { app, agent, port, workers, left }: Found): string {
  const parts = [
    `${app.kind} ${oneLine(app.value)} (${app.from})`,
    ...(workers === undefined ? [] : [`${workers.value} workers (${workers.from})`]),
    ...(agent === undefined ? [] : [`agent ${agent.value}`]),
    port === undefined ? 'the port is for you to set' : `port ${port.value} (${port.from})`,
    ...(left.length === 0 ? [] : [`left out: ${oneLine(left.join(' '))}`]),
  ];
  const named = basename(file) === 'cluster.yaml' && !file.includes('/') ? '' : ` --config ${file}`;
  return `wrote ${file}: ${parts.join(', ')}\nnext: eggcup plan${named}`;
}
