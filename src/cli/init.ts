import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { hasCode, messageOf } from '../errors.js';
import { version } from '../terminal.js';
import { type Answer, answerFaults, type CliCommand, loadGiven, shownFile } from './command.js';
import { type Found, lookAtFolder } from './look-at-folder.js';
import { starterConfig } from './starter.js';

/** `eggcup init`: writes a commented cluster.yaml for what is found in the folder. Never over a file that is there. */
export const init: CliCommand = {
  summary: 'writes a commented cluster.yaml after a look at the folder',
  options: ['config'],
  run(given, surroundings): Answer {
    const file = resolve(surroundings.cwd, given.config ?? 'cluster.yaml');
    const folder = dirname(file);
    const found = lookAtFolder(folder);
    if (found === undefined) return { code: 78, err: `eggcup init: ${nothingIn(folder)}` };
    try {
      writeFileSync(file, starterConfig(found, schemaFile(folder)), { flag: 'wx' });
    } catch (error) {
      const why = whyNotWritten(error, file);
      if (why === undefined) throw error;
      return { code: 78, err: `eggcup init: ${why}` };
    }
    try {
      loadGiven({ ...given, config: file }, surroundings);
    } catch (error) {
      return answerFaults(error, 'text');
    }
    return { code: 0, out: summary(shownFile(file, surroundings.cwd), found) };
  },
};

function nothingIn(folder: string): string {
  return (
    `nothing to run in ${folder}: package.json names neither egg nor a program (scripts.start, main), and there is ` +
    'no server.js, index.js, app.js or main.js; call it in the folder of an application'
  );
}

function whyNotWritten(error: unknown, file: string): string | undefined {
  if (hasCode(error, 'EEXIST')) return `${file} exists; remove it, or name another with --config`;
  if (hasCode(error, 'EACCES') || hasCode(error, 'EROFS') || hasCode(error, 'EPERM'))
    return `it cannot be written; name another place with --config: ${messageOf(error)}`;
  return undefined;
}

/** The one beside the application where eggcup is a dependency of it; else the published one. */
function schemaFile(folder: string): string {
  const installed = 'node_modules/eggcup/dist/cluster.schema.json';
  if (existsSync(join(folder, installed))) return `./${installed}`;
  return `https://unpkg.com/eggcup@${version()}/dist/cluster.schema.json`;
}

function summary(file: string, { app, agent, port }: Found): string {
  const parts = [
    `${app.kind} ${app.value} (${app.from})`,
    ...(agent === undefined ? [] : [`agent ${agent.value}`]),
    port === undefined ? 'the port is for you to set' : `port ${port.value} (${port.from})`,
  ];
  const named = basename(file) === 'cluster.yaml' && !file.includes('/') ? '' : ` --config ${file}`;
  return `wrote ${file}: ${parts.join(', ')}\nnext: eggcup plan${named}`;
}
