import type { Server } from 'node:net';
import { resolve } from 'node:path';
import type { ListenAddress } from '../ipc/protocol.js';
import { isTls } from './servers.js';

/** Where a listening server listens; `undefined` when it does not (any more). */
export function addressOf(server: Server): ListenAddress | undefined {
  const address = server.address();
  if (address === null) return undefined;
  // As it was given, perhaps relative; an abstract one has no folder.
  if (typeof address === 'string') return { kind: 'unix', path: address.startsWith('\0') ? address : resolve(address) };
  return { kind: 'tcp', protocol: isTls(server) ? 'https' : 'http', host: address.address, port: address.port };
}
