import { type Server, createServer } from 'node:net';
import { hasCode } from './errors.js';

/**
 * An abstract Unix socket is a lock: the kernel frees it with the process, however that ends, so a restart after
 * kill -9 never meets a stale one. It is seen in one network namespace, as in one pod. Resolves to `undefined` when somebody has it.
 */
export function takeLock(name: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error) => (hasCode(error, 'EADDRINUSE') ? resolve(undefined) : reject(error)));
    server.listen(`\0eggcup-${name}`, () => resolve(server.unref()));
  });
}
