/** The control socket, spoken to without eggcup's own client. */
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { text } from 'node:stream/consumers';

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
