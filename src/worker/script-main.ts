import { setImmediate } from 'node:timers';
import { pathToFileURL } from 'node:url';
import { MASTER_PID_VARIABLE } from '../ipc/environment.js';
import type { Arrival } from './arrival.js';
import { sendBeats } from './beats.js';
import { batchSending } from './batch-sending.js';
import { sendToMaster } from './channel.js';
import { ClientKeeper } from './client-keeper.js';
import { endGracefully } from './end.js';
import { dieWithMaster, endWithMaster } from './end-with-master.js';
import { hasMaster } from './orphan.js';
import { leaveTerminalSignalsToMaster, waitAtGate } from './gate.js';
import { hearLameDuck } from './lame-duck.js';
import { sayLeaving } from './leaving.js';
import {
  countRequests,
  drainServers,
  keepClients,
  listenBesideSiblings,
  tellServers,
  whenListening,
} from './listening.js';
import { loadRequired } from './load.js';
import { installMessenger } from './messenger.js';
import { beginModules } from './modules.js';
import { hasUserListener } from './user-listeners.js';
import { Servers } from './servers.js';
import { catchUncaught } from './uncaught.js';

/** Everything that eggcup does in a script's process, before the script; `runMain` starts that. */
export async function enterScript(preloadedFile: string, arrival: Arrival, runMain: () => void): Promise<void> {
  hideFromDescendants(preloadedFile);
  leaveTerminalSignalsToMaster();
  batchSending();
  const task = await waitAtGate(arrival);
  const earlier = process.listeners('message');
  if (task.kind !== 'script') throw new Error(`a script was given a ${task.kind}`);
  const modules = beginModules(task.role);
  modules.tell();
  const servers = new Servers(task.drainMs);
  let isLoaded = false;
  const endModulesWhenStarted = (): void => {
    if (isLoaded && (task.ready !== 'listening' || servers.areListening)) modules.end();
  };
  installMessenger();
  drainServers(servers);
  if (task.reusePort) listenBesideSiblings();
  if (task.role === 'app') {
    tellServers(servers, task);
    sendBeats(task.beatMs);
    if (task.requests !== undefined) countRequests(task.requests);
    if (task.sticky !== undefined) keepClients(new ClientKeeper(task.sticky, servers));
    hearLameDuck(servers);
    whenListening(endModulesWhenStarted);
  }
  catchUncaught(servers, task.drainMs, () => (task.role === 'app' ? servers.areListening : isLoaded));
  endGracefully(task.role === 'agent' ? 'agent_worker' : 'app_worker', () => {
    // A script that listens to SIGTERM itself closes its own servers and exits by itself; the master's bound holds.
    if (hasUserListener('SIGTERM') && hasMaster()) return never();
    const drained = servers.drain();
    if (task.role === 'app') sayLeaving();
    return drained;
  });
  arrival.end(earlier);
  await loadRequired(task.require, task.baseDir);
  dieWithMaster();
  setImmediate(runMain); // Apart, so that what it throws is no rejection.
  whenMainIsLoaded(() => {
    isLoaded = true;
    endModulesWhenStarted();
    endWithMaster();
    if (task.ready === 'loaded') void sendToMaster({ eggcup: 'ready' });
  });
}

/** What the script forks must not take itself for a child of the master. */
function hideFromDescendants(preloadedFile: string): void {
  Reflect.deleteProperty(process.env, MASTER_PID_VARIABLE);
  const index = process.execArgv.findIndex(
    (arg, at) => arg === preloadedFile && process.execArgv[at - 1] === '--require',
  );
  if (index > 0) process.execArgv.splice(index - 1, 2);
}

/**
 * Calls `loaded` once the main module has been evaluated, its top-level await included: importing an ES module again
 * gives the same evaluation. On the next turn of the loop, when Node has begun to load it as the main module.
 */
function whenMainIsLoaded(loaded: () => void): void {
  const [, main] = process.argv;
  if (main === undefined) return;
  setImmediate(() => {
    const commonJs = process.mainModule;
    if (commonJs?.loaded === true) loaded();
    if (commonJs !== undefined) return;
    import(pathToFileURL(main).href).then(loaded, () => undefined); // Node reports the same failure as uncaught.
  });
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
