import { join, resolve } from 'node:path';
import type { Finding } from './combinations.js';
import { findProgram, isDirectory, whyMissing, whyUnreadable } from './files.js';
import type { Path } from './path.js';
import type { Config, Settings } from './schema.js';

/** The effective config, and the files it names that are not there. */
export interface Resolved {
  readonly config: Config;
  readonly findings: readonly Finding[];
}

/** Makes the paths of a config absolute, and looks whether what must exist does. `folder` is that of the config file. */
export function resolvePaths(settings: Settings, folder: string): Resolved {
  const baseDir = resolve(folder, settings.app.baseDir);
  if (isDirectory(baseDir)) {
    const paths = new AppPaths(baseDir);
    return { config: toConfig(settings, folder, paths), findings: paths.findings };
  }
  // One missing folder is one error, not one for each file in it.
  const message = `no such folder ${quote(baseDir)}; a relative one starts from the config file's, ${quote(folder)}`;
  const config = toConfig(settings, folder, new AppPaths(baseDir));
  return { config, findings: [{ paths: [['app', 'baseDir']], message }] };
}

function toConfig(settings: Settings, folder: string, paths: AppPaths): Config {
  const { script, ...agent } = settings.agent;
  return {
    ...settings,
    app: toApp(settings.app, paths),
    agent: { ...agent, ...(script !== undefined && { script: paths.program(script, ['agent', 'script']) }) },
    health: { ...settings.health, dir: resolve(folder, settings.health.dir) },
    terminationLog: resolve(folder, settings.terminationLog),
  };
}

function toApp({ framework, script, unixSocket, https, ...app }: Settings['app'], paths: AppPaths): Config['app'] {
  return {
    ...app,
    baseDir: paths.baseDir,
    require: app.require.map((name, index) => (isPath(name) ? paths.program(name, ['app', 'require', index]) : name)),
    ...(framework !== undefined && { framework: paths.framework(framework) }),
    ...(script !== undefined && { script: paths.program(script, ['app', 'script']) }),
    ...(unixSocket !== undefined && { unixSocket: resolve(paths.baseDir, unixSocket) }),
    ...(https !== undefined && { https: toHttps(https, paths) }),
  };
}

function toHttps(
  { key, cert, ca, ...https }: NonNullable<Settings['app']['https']>,
  paths: AppPaths,
): NonNullable<Config['app']['https']> {
  return {
    ...https,
    key: paths.file(key, ['app', 'https', 'key']),
    cert: paths.file(cert, ['app', 'https', 'cert']),
    ...(ca !== undefined && { ca: paths.file(ca, ['app', 'https', 'ca']) }),
  };
}

/** The files of an application, and what is wrong with them. */
class AppPaths {
  readonly baseDir: string;
  readonly findings: Finding[] = [];

  constructor(baseDir: string) {
    this.baseDir = baseDir;
  }

  file(written: string, path: Path): string {
    const absolute = resolve(this.baseDir, written);
    const problem = whyUnreadable(absolute);
    if (problem !== undefined) this.#report(path, `${problem} ${quote(absolute)}`);
    return absolute;
  }

  program(written: string, path: Path): string {
    const absolute = resolve(this.baseDir, written);
    const found = findProgram(absolute);
    if (found === undefined) this.#report(path, `${whyMissing(absolute)} ${quote(absolute)}`);
    return found ?? absolute;
  }

  framework(written: string): string {
    const path = ['app', 'framework'];
    if (whyUnreadable(join(this.baseDir, 'package.json')) !== undefined)
      this.#report(
        path,
        `the application has no ${quote(join(this.baseDir, 'package.json'))}, which a framework needs`,
      );
    // As a folder it is handed on as it is: a framework finds its own files from there.
    if (isPath(written)) this.program(written, path);
    return isPath(written) ? resolve(this.baseDir, written) : written;
  }

  #report(path: Path, what: string): void {
    const message = `${what}; paths are relative to app.baseDir ${quote(this.baseDir)}`;
    this.findings.push({ paths: [path, ['app', 'baseDir']], message });
  }
}

/** Packages have names; paths say that they are paths. */
function isPath(name: string): boolean {
  return name.startsWith('.') || name.startsWith('/');
}

function quote(text: string): string {
  return JSON.stringify(text);
}
