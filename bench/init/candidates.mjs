/** Who is compared: how each starts a command. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url));

export const EGGCUP = 'eggcup';
export const BARE_NODE = 'bare node';
const NAMES = { tini: ['-s'], 'dumb-init': undefined, catatonit: [] };

const entry = fileOf('../../dist/entry.js');
if (!existsSync(entry)) throw new Error('there is no dist/entry.js: npm run build');

const isInstalled = (name) => process.env.PATH?.split(delimiter).some((folder) => existsSync(join(folder, name)));
export const missing = Object.keys(NAMES).filter((name) => !isInstalled(name));

/** `subreaper`: the same where it is not PID 1 and must adopt; `undefined` for who can't. */
export const candidates = [
  {
    name: 'the command alone',
    program: (command) => command,
    subreaper: undefined,
    isInit: false,
    isNode: false,
  },
  ...Object.entries(NAMES)
    .filter(([name]) => isInstalled(name))
    .map(([name, options]) => ({
      name,
      program: (command) => [name, '--', ...command],
      subreaper: options && ((command) => [name, ...options, '--', ...command]),
      isInit: true,
      isNode: false,
    })),
  {
    name: BARE_NODE,
    program: (command) => [process.execPath, fileOf('fixtures/bare-node.cjs'), ...command],
    subreaper: undefined,
    isInit: true,
    isNode: true,
  },
  {
    name: EGGCUP,
    program: (command) => [process.execPath, entry, '--', ...command],
    subreaper: (command) => [process.execPath, entry, '-s', '--', ...command],
    isInit: true,
    isNode: true,
  },
];
