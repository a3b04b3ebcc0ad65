/** The main module of a framework's app worker (egg-cluster's app_worker). */
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { type Server, createServer as createHttpServer } from 'node:http';
import type { FrameworkOptions, Task } from '../ipc/protocol.js';
import { shareArenas } from '../native/malloc.js';
import { addressOf } from './address.js';
import { sendBeats } from './beats.js';
import { batchSending } from './batch-sending.js';
import { describeError, failStart, logToMaster, sendToMaster } from './channel.js';
import { ClientKeeper } from './client-keeper.js';
import { endGracefully } from './end.js';
import { type EggApplication, loadFramework, whenReady } from './framework.js';
import { leaveTerminalSignalsToMaster, waitAtGate } from './gate.js';
import { hearLameDuck } from './lame-duck.js';
import { sayLeaving } from './leaving.js';
import { listenBesideSiblings } from './listening.js';
import { loadRequired } from './load.js';
import { beginModules } from './modules.js';
import { exitWhenOrphaned } from './orphan.js';
import { RequestCount } from './request-count.js';
import { Servers } from './servers.js';
import { giveBackStartMemory } from './start-memory.js';

type FrameworkTask = Task & { readonly kind: 'framework' };

let left: Promise<void> | undefined;

void main();

async function main(): Promise<void> {
  leaveTerminalSignalsToMaster();
  batchSending();
  shareArenas();
  const opened = waitAtGate();
  const modules = beginModules('app'); // While the master hears of it.
  const task = await opened;
  if (task.kind !== 'framework') throw new Error(`a framework's app worker was given a ${task.kind}`);
  const { options } = task;
  modules.tell();
  const servers = new Servers(task.drainMs);
  hearLameDuck(servers);
  sendBeats(task.beatMs);
  if (task.reusePort) listenBesideSiblings();

  try {
    await loadRequired(options.require, options.baseDir);
    const { Application } = await loadFramework(options.framework);
    const app = new Application(options);
    endGracefully('app_worker', () => leave(app, servers));
    exitAfterDisconnect(app, servers);
    await whenReady(app);
    if (servers.areDraining) return; // Whoever connected would find nobody.
    const server = await createServer(app, options);
    servers.watch(server);
    if (task.sticky !== undefined) new ClientKeeper(task.sticky, servers).watch(server);
    // Without it egg has neither app.server nor its handling of uncaught exceptions.
    app.emit('server', server);
    await listen(server, app, task);
    if (task.requests !== undefined) new RequestCount(task.requests).watch(server);
    modules.end();
    giveBackStartMemory();
    await sendToMaster({ eggcup: 'ready', address: addressOf(server) });
  } catch (error) {
    await failStart(error);
  }
}

/** Once, whoever asks. egg-cluster cuts requests that are in flight here; they finish first. */
function leave(app: EggApplication, servers: Servers): Promise<void> {
  if (left !== undefined) return left;
  left = servers.drain().then(() => app.close());
  sayLeaving();
  return left;
}

/**
 * After an uncaught exception egg's `graceful` leaves the cluster, and its successor is forked. What is left then ends
 * with its last request: by itself the process would stay while anything is open (a follower's connection, say).
 */
function exitAfterDisconnect(app: EggApplication, servers: Servers): void {
  cluster.worker?.once('disconnect', () => {
    if (left !== undefined || cluster.worker?.exitedAfterDisconnect !== true) return;
    exitWhenOrphaned();
    leave(app, servers).then(
      () => process.exit(1),
      (error: unknown) => {
        logToMaster('worker.close-failed', 'error', describeError(error).stack);
        process.exit(1);
      },
    );
  });
}

/** HTTPS when the config file or the application's own config names key and certificate. */
async function createServer(app: EggApplication, { https }: FrameworkOptions): Promise<Server> {
  const merged = { ...app.config.cluster?.https, ...https };
  const { key, cert, ca } = merged;
  if (key === undefined || cert === undefined) return createHttpServer(app.callback());
  const { createServer: createHttpsServer } = await import('node:https');
  const files = {
    key: readFileSync(key),
    cert: readFileSync(cert),
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
  };
  return createHttpsServer({ ...merged, ...files }, app.callback());
}

/** Listens where the config file says, else where the application's own `config.cluster.listen` does. */
function listen(server: Server, app: EggApplication, { options, unixSocket }: FrameworkTask): Promise<void> {
  const own = app.config.cluster?.listen ?? {};
  const port = options.port ?? own.port;
  const path = unixSocket ?? (options.port === undefined ? own.path : undefined);
  const host = options.hostname ?? own.hostname;
  app.options.port = port;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    if (path !== undefined && path !== '') server.listen(path);
    else if (typeof port !== 'number')
      reject(new Error(`port should be number, but got ${String(port)}(${typeof port})`));
    else server.listen(host === undefined ? { port } : { port, host });
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
