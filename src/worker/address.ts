import type { Server } from 'node:net';
import type { ListenAddress } from '../ipc/protocol.js';
import { isTls } from './servers.js';

/** Where a listening server listens; `undefined` when it does not (any more). */
export function addressOf(server: Server): ListenAddress | undefined {
  const address = server.address();
  if (address === null) return undefined;
  if (typeof address === 'string') return { kind: 'unix', path: address };
  return { kind: 'tcp', protocol: isTls(server) ? 'https' : 'http', host: address.address, port: address.port };
}
