/** The health endpoints, for tests. */
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { freePort, get } from './net.js';

export const MARKERS = ['started', 'ready', 'live'] as const;
export const ALL_OK = MARKERS.map(() => [200, 'ok']);

/** `health.http` on a free port. */
export async function endpoints(): Promise<{ readonly enabled: true; readonly port: number }> {
  return { enabled: true, port: await freePort() };
}

/** What /started, /ready and /live say. */
export async function answers(port: number): Promise<readonly (readonly [number, string])[]> {
  const replies = await Promise.all(MARKERS.map((marker) => get(port, `/${marker}`)));
  return replies.map(({ status, body }) => [status, body]);
}

/** A connection on which `words` are said; it may be cut at any time. */
export function open(t: TestContext, port: number, words: string): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(words));
  t.after(() => socket.destroy());
  return socket.on('error', () => undefined).resume();
}
