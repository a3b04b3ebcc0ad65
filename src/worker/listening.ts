import { errorMonitor } from 'node:events';
import { Server } from 'node:net';
import { resolve } from 'node:path';
import { hasCode } from '../errors.js';
import { addressOf } from './address.js';
import type { ClientKeeper } from './client-keeper.js';
import { besideSiblings } from './listen-arguments.js';
import type { ListenAddress, RequestLimit } from '../ipc/protocol.js';
import { sendToMaster } from './channel.js';
import { RequestCount } from './request-count.js';
import type { Servers } from './servers.js';

/** Where the application is to listen, as far as the config says it. */
interface Expected {
  readonly port?: number | undefined;
  readonly unixSocket?: string | undefined;
}

/** Drains every server of this process that listens, whatever the library. */
export function drainServers(servers: Servers): void {
  const listen = currentListen();
  Server.prototype.listen = function listenUnlessEnding(this: Server, ...args: unknown[]): Server {
    // Whoever connected would find nobody.
    if (servers.areDraining) return this;
    servers.watch(this);
    try {
      return Reflect.apply(listen, this, args);
    } catch (error) {
      servers.gaveUp(this);
      throw error;
    }
  };
}

/** Gives this process a queue of its own on every port that it listens on, beside those of its siblings. */
export function listenBesideSiblings(): void {
  const listen = currentListen();
  Server.prototype.listen = function listenBeside(this: Server, ...args: unknown[]): Server {
    return Reflect.apply(listen, this, besideSiblings(args));
  };
}

/** Brings the clients of every server of this process back to it. */
export function keepClients(keeper: ClientKeeper): void {
  patchListen((server) => keeper.watch(server));
}

/** Counts the requests of every server of this process. */
export function countRequests(limit: RequestLimit): void {
  const count = new RequestCount(limit);
  patchListen((server) => server.once('listening', () => count.watch(server)));
}

/**
 * Tells the master of every server that listens, and of when it does no longer: open connections may last. (Node's own `listening` of
 * a cluster worker misses servers that bypass the master.) A taken port is told when it is the application's: what else goes wrong is the
 * script's business.
 */
export function tellServers(servers: Servers, expected: Expected): void {
  const told = new WeakMap<Server, ListenAddress>();
  patchClose((server) => {
    const address = told.get(server);
    if (address === undefined || server.listening) return;
    told.delete(server);
    // Else its process says that it leaves.
    if (!servers.areDraining) void sendToMaster({ eggcup: 'closed', address });
  });
  patchListen((server) => {
    const listening = (): void => {
      server.off(LOOK, failed);
      const address = addressOf(server);
      if (address === undefined) return;
      told.set(server, address);
      void sendToMaster({ eggcup: 'listening', address });
    };
    const failed = (error: Error & { readonly port?: number; readonly address?: string }): void => {
      server.off('listening', listening);
      // Of a Unix socket Node says -1.
      const isUnix = error.port === undefined || error.port < 0;
      const isOurs = isUnix
        ? error.address !== undefined && resolve(error.address) === expected.unixSocket
        : error.port === expected.port;
      if (!isOurs || !hasCode(error, 'EADDRINUSE')) return;
      void sendToMaster({ eggcup: 'start-failed', code: 'EADDRINUSE', message: error.message });
    };
    server.once('listening', listening);
    server.once(LOOK, failed);
  });
}

/** Calls `listening` each time that a server of this process has begun to listen. */
export function whenListening(listening: () => void): void {
  patchListen((server) => server.once('listening', listening));
}

/** To see an error without touching what happens to it. (The types of net know no symbols.) */
const LOOK = errorMonitor as unknown as 'error';

/** Calls `before` with every server that is about to listen. */
function patchListen(before: (server: Server) => void): void {
  const listen = currentListen();
  Server.prototype.listen = function listenAndTell(this: Server, ...args: unknown[]): Server {
    before(this);
    return Reflect.apply(listen, this, args);
  };
}

/** Calls `after` with every server that was told to close. */
function patchClose(after: (server: Server) => void): void {
  const close = Reflect.get(Server.prototype, 'close') as (...args: unknown[]) => Server;
  Server.prototype.close = function closeAndTell(this: Server, ...args: unknown[]): Server {
    const result = Reflect.apply(close, this, args);
    after(this);
    return result;
  };
}

function currentListen(): (...args: unknown[]) => Server {
  return Reflect.get(Server.prototype, 'listen') as (...args: unknown[]) => Server;
}
