import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { ConfigError } from '#eggcup/config/config-error.js';
import { type ConfigRequest, type LoadedConfig, loadConfig } from '#eggcup/config/load.js';

/** A folder with an application in it, which goes away with the test. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'eggcup-config-'));

  constructor(t: TestContext) {
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.write('server.js', '');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): string {
    const file = this.path(name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Loads `cluster.yaml` in the folder. */
  load(env: NodeJS.ProcessEnv = {}, request: Partial<ConfigRequest> = {}): LoadedConfig {
    const here = {
      cwd: this.folder,
      exampleFile: this.path('example.yaml'),
      systemFile: this.path('etc/cluster.yaml'),
    };
    return loadConfig({ file: undefined, env, ...here, ...request });
  }

  /** The lines of the `ConfigError` that the text leads to. */
  errors(text: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
    this.write('cluster.yaml', text);
    return errorsOf(() => this.load(env));
  }

  /** The config that the text leads to, for an app that is a script. */
  config(text: string, env: NodeJS.ProcessEnv = {}): LoadedConfig {
    this.write('cluster.yaml', text);
    return this.load(env);
  }
}

export function errorsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}
