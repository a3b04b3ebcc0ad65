import { errorMonitor } from 'node:events';
import { Server } from 'node:net';
import { addressOf } from './address.js';
import { sendToMaster } from './channel.js';
import { hasCode } from '../errors.js';
import type { Servers } from './servers.js';

/**
 * Notices every server of this process that listens, whatever the library: the master is told the address, and the
 * server can be drained. (Node's own `listening` of a cluster worker misses servers that bypass the master.)
 */
export function followServers(servers: Servers, role: 'agent' | 'app'): void {
  const listen = Reflect.get(Server.prototype, 'listen') as (...args: unknown[]) => Server;
  Server.prototype.listen = function listenAndTell(this: Server, ...args: unknown[]): Server {
    servers.watch(this);
    this.once('listening', () => {
      const address = addressOf(this);
      if (role !== 'app' || address === undefined) return;
      void sendToMaster({ eggcup: 'listening', address });
      this.once('close', () => {
        if (!servers.areDraining) void sendToMaster({ eggcup: 'closed', address });
      });
    });
    // A look without a touch: what happens to the error is the script's business.
    this.once(errorMonitor as unknown as 'error', (error) => {
      if (!hasCode(error, 'EADDRINUSE')) return;
      void sendToMaster({ eggcup: 'start-failed', code: 'EADDRINUSE', message: error.message });
    });
    return Reflect.apply(listen, this, args);
  };
}
