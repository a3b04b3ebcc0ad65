/** Masters that can be asked, by the tool and without eggcup's own client. */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { text } from 'node:stream/consumers';
import { run, type Run } from './cli.js';
import { type Cluster, projectRoot, startScript } from './cluster.js';

/** A connection that has said `words`; it goes with the test. Its errors are its end. */
export function openControl(t: TestContext, path: string, words = ''): Socket {
  const socket = connect({ path, allowHalfOpen: true }).on('error', () => undefined);
  t.after(() => socket.destroy());
  if (words !== '') socket.write(words);
  return socket;
}

/** All that is answered to `words`, line by line; nothing more is said after them. */
export async function say(t: TestContext, path: string, words: string): Promise<readonly Reply[]> {
  const socket = openControl(t, path);
  socket.end(words);
  const lines = (await text(socket)).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Reply);
}

export interface Reply {
  readonly ok: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly [key: string]: unknown;
}

export const cliFile = join(projectRoot, 'dist/cli.js');

export function socketOf(cluster: Cluster): string {
  return join(cluster.healthDir, 'control.sock');
}

/** A cluster of two workers that is ready and can be asked. */
export async function startAnswering(
  t: TestContext,
  config: Readonly<Record<string, object>> = {},
): Promise<Cluster & { readonly port: number }> {
  const { app, ...others } = config;
  const withVersion = { env: { APP_VERSION: 'v1' }, ...app };
  const cluster = await startScript(t, 'scripts/versioned.js', { app: withVersion, ...others });
  await cluster.untilReady();
  await cluster.untilLogged('control.listening');
  return cluster;
}

/** Runs the tool for this master. */
export function eggcup(cluster: Cluster, ...words: readonly string[]): Run {
  return run('cli', [...words, '--dir', cluster.healthDir]);
}
