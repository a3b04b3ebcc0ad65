import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, isDirectory } from '../config/files.js';
import { hasCode } from '../errors.js';
import { readManifest } from '../manifest.js';
import { parseEggScripts, parseEggScriptsConfig } from './egg-scripts-line.js';
import { literal } from './shell-line.js';
import { parseStartLine } from './start-line.js';

/** What a folder seems to hold, each with the place it was found in. */
export interface Found {
  readonly app: Clue & { readonly kind: 'framework' | 'script' };
  readonly baseDir: Clue | undefined;
  readonly agent: Clue | undefined;
  /** Number, or `${PORT:-3000}` where the program asks for the variable. */
  readonly port: Clue | undefined;
  readonly workers: Clue | undefined;
  readonly sticky: Clue | undefined;
  /** For a start. */
  readonly timeout: Clue | undefined;
  readonly require: readonly string[];
  /** As the config writes them, as are `args` and `env`: a `$` may begin a variable. */
  readonly nodeOptions: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where these come from. */
  readonly toldBy: string;
  /** What of the start line has no place in a config. */
  readonly left: readonly string[];
}

interface Clue {
  readonly value: string;
  readonly from: string;
}

/** Looks for an application in `folder`; `undefined` when there is nothing that could be run. Throws `ERR_MANIFEST`. */
export function lookAtFolder(folder: string): Found | undefined {
  const manifest: Manifest = readManifest(folder);
  const line = startOf(manifest);
  const egg = eggApplication(folder, manifest, line);
  if (egg !== undefined) return egg;
  const start = line === undefined ? undefined : parseStartLine(line.value);
  const app = scriptOf(
    folder,
    manifest,
    start === undefined || line === undefined ? undefined : { ...line, value: start.program },
  );
  if (app === undefined) return undefined;
  const agent =
    findProgram(join(folder, 'agent.js')) === undefined ? undefined : { value: 'agent.js', from: 'the folder' };
  const own = app.value === start?.program ? start : undefined;
  const { options: nodeOptions = [], args = [], env = {} } = own ?? {};
  const port = scriptPort(folder, app.value, own?.port);
  const left = own?.left ?? (line === undefined ? [] : [line.value]);
  // The names of files are no templates.
  const value = own === undefined ? literal(app.value) : app.value;
  return {
    ...NOTHING_MORE,
    app: { kind: 'script', ...app, value },
    agent,
    port,
    nodeOptions,
    args,
    env,
    toldBy: app.from,
    left,
  };
}

const NOTHING_MORE = {
  baseDir: undefined,
  agent: undefined,
  workers: undefined,
  sticky: undefined,
  timeout: undefined,
  require: [],
  nodeOptions: [],
  args: [],
  env: {},
  toldBy: '',
  left: [],
} as const;

/** What its own starter is told holds here too: the line goes before `eggScriptsConfig`, as in egg-scripts. */
function eggApplication(folder: string, manifest: Manifest, start: Clue | undefined): Found | undefined {
  const isFolder = (path: string): boolean => isDirectory(join(folder, path));
  const line = start === undefined ? undefined : parseEggScripts(start.value, isFolder);
  const own = parseEggScriptsConfig(manifest.eggScriptsConfig);
  const told = (name: 'baseDir' | 'framework' | 'port' | 'workers' | 'timeout'): Clue | undefined => {
    if (start !== undefined && line?.[name] !== undefined) return { value: line[name], from: start.from };
    return own?.[name] === undefined ? undefined : { value: own[name], from: 'eggScriptsConfig in package.json' };
  };
  const baseDir = told('baseDir');
  const application: Manifest = baseDir === undefined ? manifest : readManifest(join(folder, baseDir.value));
  const usual = start === undefined || line === undefined ? undefined : { value: 'egg', from: start.from };
  const framework = told('framework') ?? frameworkOf(application) ?? frameworkOf(manifest) ?? usual;
  if (framework === undefined) return undefined;
  const isSticky = line?.sticky ?? own?.sticky ?? false;
  const unread = line === undefined && start !== undefined ? [start.value] : [];
  return {
    ...NOTHING_MORE,
    app: { kind: 'framework', ...framework },
    baseDir,
    port: told('port') ?? eggPort(join(folder, baseDir?.value ?? '.')),
    workers: told('workers'),
    timeout: told('timeout'),
    sticky: isSticky ? { value: 'address', from: 'the sticky of egg-scripts' } : undefined,
    require: [...(own?.require ?? []), ...(line?.require ?? [])],
    nodeOptions: [...(own?.nodeOptions ?? []), ...(line?.nodeOptions ?? [])],
    env: { ...own?.env, ...line?.env },
    toldBy: 'what egg-scripts is told in package.json',
    left: [...(own?.left ?? []), ...(line?.left ?? unread)],
  };
}

interface Manifest {
  readonly main?: unknown;
  readonly scripts?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly egg?: { readonly framework?: unknown };
  readonly eggScriptsConfig?: unknown;
}

/** egg's own rule (egg-utils, getFrameworkPath): `egg.framework` of package.json, else egg itself. */
function frameworkOf({ egg, dependencies }: Manifest): Clue | undefined {
  if (typeof egg?.framework === 'string' && egg.framework !== '')
    return { value: egg.framework, from: 'egg.framework in package.json' };
  return dependencies?.['egg'] === undefined ? undefined : { value: 'egg', from: 'dependencies in package.json' };
}

/** What `npm start` starts, and where it stands: of `npm run serve` what that is. */
function startOf({ scripts }: Manifest): Clue | undefined {
  const seen = new Set<string>();
  for (let name = 'start'; ;) {
    seen.add(name);
    const line = scripts?.[name];
    if (typeof line !== 'string') return undefined;
    const next = /^\s*(?:npm|yarn|pnpm)\s+(?:run(?:-script)?\s+)?([\w:.-]+)\s*$/.exec(line)?.[1];
    if (next === undefined || typeof scripts?.[next] !== 'string' || seen.has(next))
      return { value: line, from: `scripts.${name} in package.json` };
    name = next;
  }
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

function scriptOf(folder: string, { main }: Manifest, started: Clue | undefined): Clue | undefined {
  const clues = [
    ...(started === undefined ? [] : [started]),
    ...(typeof main === 'string' && main !== '' ? [{ value: main, from: 'main in package.json' }] : []),
    ...USUAL.map((value) => ({ value, from: 'the folder' })),
  ];
  return clues.find(({ value }) => isProgram(findProgram(join(folder, value))));
}

/** What node runs without more: no TypeScript, no file that is hidden. */
function isProgram(file: string | undefined): boolean {
  return file !== undefined && /\.[cm]?js$|[\\/][^.\\/]+$/.test(file);
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

function scriptPort(folder: string, script: string, started: string | undefined): Clue | undefined {
  const text = withoutComments(readText(findProgram(join(folder, script)) ?? '') ?? '');
  const [asked, fallback] = PORT_VARIABLE.exec(text) ?? [];
  const byStart =
    started === undefined ? undefined : { value: `\${PORT:-${started}}`, from: 'the start line in package.json' };
  const [, fixed] = /\.listen\(\s*(?:\{\s*port:\s*)?(\d{1,5})\b/.exec(text) ?? [];
  const [, exposed] = /^EXPOSE\s+(\d{1,5})/m.exec(readText(join(folder, 'Dockerfile')) ?? '') ?? [];
  const clues = [
    byStart,
    fallback === undefined ? undefined : { value: `\${PORT:-${fallback}}`, from: 'the program' },
    asked === undefined && fixed !== undefined ? { value: fixed, from: 'the program' } : undefined,
    exposed === undefined ? undefined : { value: `\${PORT:-${exposed}}`, from: 'EXPOSE in Dockerfile' },
    asked === undefined ? undefined : { value: '${PORT:-3000}', from: 'the program, which asks for PORT' },
  ];
  return clues.find((clue) => clue !== undefined && isPort(clue.value));
}

function isPort(value: string): boolean {
  const number = Number(/\d+/.exec(value)?.[0]);
  return number >= 1 && number <= 65_535;
}

/** A port that is commented out is none. `//` only where no address can be meant. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, ' ').replaceAll(/(^|\s)\/\/.*$/gm, ' ');
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
