import cluster from 'node:cluster';
import { parseToChild } from '../ipc/parse.js';
import type { Task } from '../ipc/protocol.js';
import { sendToMaster } from './channel.js';
import { endWithMaster } from './end-with-master.js';
import { load } from './load.js';

/**
 * Waits until the master opens the gate, and returns what is to be done behind it. Meanwhile the framework's
 * module is loaded when the master names it: that has no effect of the application's. A master that dies ends the wait.
 */
export function waitAtGate(): Promise<Task> {
  if (process.send === undefined) throw new Error('this program is started by eggcup, not by hand');
  endWithMaster();
  if (!process.connected) leave(); // The master was killed while this module was loaded.
  return new Promise((resolve) => {
    const hear = (raw: unknown): void => {
      const message = parseToChild(raw);
      // A failure is met again, and told, when the module is really needed.
      if (message?.eggcup === 'prepare') load(message.framework).catch(() => undefined);
      if (message?.eggcup !== 'open') return;
      process.off('message', hear);
      process.off('disconnect', leave);
      resolve(message.task);
    };
    process.on('message', hear);
    // An app worker is ended by Node's cluster module; 110 is what graceful-process makes of it in an agent.
    if (!cluster.isWorker) process.once('disconnect', leave);
    void sendToMaster({ eggcup: 'at-gate' });
  });
}

function leave(): void {
  process.exit(110);
}

/** Ctrl-C reaches the whole process group: the master answers it and stops its children in order. */
export function leaveTerminalSignalsToMaster(): void {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => undefined);
}
