import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../config/files.js';
import { hasCode } from '../errors.js';

/** What a folder seems to hold, each with the place it was found in. */
export interface Found {
  readonly app: Clue & { readonly kind: 'framework' | 'script' };
  readonly agent: Clue | undefined;
  /** Number, or `${PORT:-3000}` where the program asks for the variable. */
  readonly port: Clue | undefined;
  readonly nodeOptions: readonly string[];
}

interface Clue {
  readonly value: string;
  readonly from: string;
}

/** Looks for an application in `folder`; `undefined` when there is nothing that could be run. */
export function lookAtFolder(folder: string): Found | undefined {
  const manifest = readManifest(folder);
  const framework = frameworkOf(manifest);
  if (framework !== undefined) {
    const app = { kind: 'framework', ...framework } as const;
    return { app, agent: undefined, port: eggPort(folder), nodeOptions: [] };
  }
  const start = startOf(manifest);
  const app = scriptOf(folder, manifest, start?.program);
  if (app === undefined) return undefined;
  const agent =
    findProgram(join(folder, 'agent.js')) === undefined ? undefined : { value: 'agent.js', from: 'the folder' };
  const nodeOptions = start !== undefined && app.value === start.program ? start.options : [];
  return { app: { kind: 'script', ...app }, agent, port: scriptPort(folder, app.value), nodeOptions };
}

interface Manifest {
  readonly main?: unknown;
  readonly scripts?: { readonly start?: unknown };
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly egg?: { readonly framework?: unknown };
}

/** package.json; one that is no JSON is as good as none to somebody who only looks. */
function readManifest(folder: string): Manifest {
  const text = readText(join(folder, 'package.json'));
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** egg's own rule (egg-utils, getFrameworkPath): `egg.framework` of package.json, else egg itself. */
function frameworkOf({ egg, dependencies }: Manifest): Clue | undefined {
  if (typeof egg?.framework === 'string' && egg.framework !== '')
    return { value: egg.framework, from: 'egg.framework in package.json' };
  return dependencies?.['egg'] === undefined ? undefined : { value: 'egg', from: 'dependencies in package.json' };
}

/** Of `NODE_ENV=production node --enable-source-maps server.js`: the program, and the options before it. */
function startOf({ scripts }: Manifest): { readonly program: string; readonly options: readonly string[] } | undefined {
  if (typeof scripts?.start !== 'string') return undefined;
  const [, options = '', program] = /(?:^|\s)node((?:\s+-\S+)*)\s+([^\s&|;<>-][^\s&|;<>]*)/.exec(scripts.start) ?? [];
  return program === undefined ? undefined : { program, options: options.split(/\s+/).filter(Boolean) };
}

const USUAL = [
  'server.js',
  'index.js',
  'app.js',
  'main.js',
  'server.mjs',
  'index.mjs',
  'dist/server.js',
  'dist/main.js',
];

function scriptOf(folder: string, { main }: Manifest, started: string | undefined): Clue | undefined {
  const clues = [
    ...(started === undefined ? [] : [{ value: started, from: 'scripts.start in package.json' }]),
    ...(typeof main === 'string' && main !== '' ? [{ value: main, from: 'main in package.json' }] : []),
    ...USUAL.map((value) => ({ value, from: 'the folder' })),
  ];
  return clues.find(({ value }) => findProgram(join(folder, value)) !== undefined);
}

/** Only where the application does not say itself where it listens (`config.cluster.listen`): 7001 is egg's default. */
function eggPort(folder: string): Clue | undefined {
  const configs = [
    'config/config.default.js',
    'config/config.default.ts',
    'config/config.prod.js',
    'config/config.prod.ts',
  ];
  const says = configs.some((file) => /\blisten\b/.test(readText(join(folder, file)) ?? ''));
  return says ? undefined : { value: '7001', from: "egg's default" };
}

/** `process.env.PORT`, with the number that stands in for it. */
const PORT_VARIABLE = /process\.env(?:\.PORT\b|\[['"]PORT['"]\])(?:\s*(?:\|\||\?\?)\s*['"]?(\d{1,5}))?/;

function scriptPort(folder: string, script: string): Clue | undefined {
  const text = readText(findProgram(join(folder, script)) ?? '') ?? '';
  const [asked, fallback = '3000'] = PORT_VARIABLE.exec(text) ?? [];
  if (asked !== undefined) return { value: `\${PORT:-${fallback}}`, from: script };
  const [, fixed] = /\.listen\(\s*(?:\{\s*port:\s*)?(\d{1,5})/.exec(text) ?? [];
  if (fixed !== undefined) return { value: fixed, from: script };
  const [, exposed] = /^EXPOSE\s+(\d{1,5})/m.exec(readText(join(folder, 'Dockerfile')) ?? '') ?? [];
  return exposed === undefined ? undefined : { value: `\${PORT:-${exposed}}`, from: 'EXPOSE in Dockerfile' };
}

function readText(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'EISDIR') || hasCode(error, 'EACCES')) return undefined;
    throw error;
  }
}
