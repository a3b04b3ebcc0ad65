import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '../config/schema.js';
import { hasCode, messageOf } from '../errors.js';
import { type Finding, ok, warning } from './finding.js';

/** What must be writable, and for whom. Nothing is written: a look must leave nothing behind. */
export function lookAtPaths(config: Config, env: NodeJS.ProcessEnv, temporary: string): readonly Finding[] {
  return [
    user(env),
    folder(
      'health.dir',
      config.health.dir,
      'mount a tmpfs there (an in-memory emptyDir), or set health.dir to a writable folder',
    ),
    terminationLog(config.terminationLog),
    folder('temporary files', temporary, 'mount a tmpfs there: uploads and many packages need it'),
    ...(config.app.framework === undefined ? [] : eggFolders(config, env)),
  ];
}

function user(env: NodeJS.ProcessEnv): Finding {
  const uid = process.getuid?.() ?? -1;
  try {
    const { username } = userInfo();
    return ok('user', `${username} (${uid})`);
  } catch (error) {
    if (!hasCode(error, 'ERR_SYSTEM_ERROR')) throw error;
    if (env['EGG_HOME'] !== undefined) return ok('user', `${uid}, without a name; EGG_HOME is set`);
    return warning(
      'user',
      `${uid}, without a name in /etc/passwd`,
      'egg asks for its home directory: app.env: { EGG_HOME: /app }',
    );
  }
}

/** egg writes its run folder below the application; its logs in production below the home directory, else beside it. */
function eggFolders({ app }: Config, env: NodeJS.ProcessEnv): readonly Finding[] {
  const remedy = 'egg writes there: mount a tmpfs, or give the folder to the user';
  const variable = (name: string): string | undefined => app.env[name] ?? env[name];
  const isProduction = (variable('EGG_SERVER_ENV') ?? variable('NODE_ENV') ?? '').startsWith('prod');
  const above = isProduction ? (variable('EGG_HOME') ?? variable('HOME')) : app.baseDir;
  return [
    folder("egg's run folder", join(app.baseDir, 'run'), remedy),
    ...(above === undefined ? [] : [folder("egg's logs", join(above, 'logs'), remedy)]),
  ];
}

/** Whether something can be written there. */
export function folder(name: string, path: string, remedy: string): Finding {
  const existing = nearestExisting(path);
  const why = whyUnwritable(existing);
  if (why !== undefined) return warning(name, `${path}: ${why}`, remedy);
  if (!statSync(existing).isDirectory()) return warning(name, `${path}: ${existing} is no folder`, remedy);
  const { bavail, blocks, ffree, files } = statfsSync(existing);
  // A file system without blocks, as of /proc, cannot be full.
  if ((blocks > 0 && bavail === 0) || (files > 0 && ffree === 0))
    return warning(name, `${path}: the file system is full`, 'free some space, or give it more');
  return ok(name, existing === path ? path : `${path}, to be made in ${existing}`);
}

/** The kubelet makes the file; outside of Kubernetes there is none, and nobody reads one. */
function terminationLog(file: string): Finding {
  const name = 'terminationLog';
  if (!existsSync(file)) return ok(name, `${file} is not there, so nothing is written`);
  const why = whyUnwritable(file);
  return why === undefined
    ? ok(name, file)
    : warning(name, `${file}: ${why}`, 'let the user of the container write to it');
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}

function whyUnwritable(path: string): string | undefined {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
