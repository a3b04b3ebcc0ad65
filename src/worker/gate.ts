import cluster from 'node:cluster';
import { parseToChild } from '../ipc/parse.js';
import type { Task, ToChild } from '../ipc/protocol.js';
import { saveMemoryWhenIdle } from '../idle-memory.js';
import { loadNative } from '../native/addon.js';
import { Arrival } from './arrival.js';
import { failStart, sendToMaster } from './channel.js';
import { endWithMaster } from './end-with-master.js';
import { load } from './load.js';

/**
 * Waits until the master opens the gate, and returns what is to be done behind it. Meanwhile the framework's
 * module is loaded when the master names it: that has no effect of the application's. A master that dies ends the wait.
 * What the master says behind that word stays with an `arrival` that is given.
 */
export function waitAtGate(arrival?: Arrival): Promise<Task> {
  if (process.send === undefined) throw new Error('this program is started by eggcup, not by hand');
  endWithMaster();
  if (!process.connected) leave(); // The master was killed while this module was loaded.
  const arrived = arrival ?? new Arrival();
  // Whoever brings an arrival has it since the first line, and is told everything without a question (docs/adr/0001-gate-handshake.md).
  if (arrival === undefined) void sendToMaster({ eggcup: 'at-gate' });
  return new Promise((resolve) => {
    const prepared = new Prepared();
    const look = (): void => {
      while (arrived.said.length > 0) {
        const message = parseToChild(arrived.said.shift());
        if (message?.eggcup === 'prepare') prepared.load(message.framework);
        if (message?.eggcup === 'stand-by') void prepared.standBy(message.framework, message.beatMs);
        if (message?.eggcup === 'open') return pass(message);
      }
    };
    const pass = ({ environment, task }: ToChild & { eggcup: 'open' }): void => {
      prepared.end();
      process.off('message', look);
      process.off('disconnect', leave);
      if (arrival === undefined) arrived.end(process.listeners('message'));
      Object.assign(process.env, environment);
      resolve(task);
    };
    process.on('message', look);
    // An app worker is ended by Node's cluster module; 110 is what graceful-process makes of it in an agent.
    if (!cluster.isWorker) process.once('disconnect', leave);
    look();
  });
}

/** What is done at the gate; should nobody open it for long, the process rests. */
class Prepared {
  #rest: { callOff(): void } | undefined;
  #beats: NodeJS.Timeout | undefined;
  #isOver = false;

  load(framework: string): void {
    // A failure is met again, and told, when the module is really needed.
    load(framework).then(
      () => this.#restWhenIdle(),
      () => undefined,
    );
  }

  /** What can't be loaded ends the process: nobody needs it yet. */
  async standBy(framework: string | undefined, beatMs: number | undefined): Promise<void> {
    try {
      if (framework !== undefined) await load(framework);
    } catch (error) {
      return failStart(error);
    }
    await sendToMaster({ eggcup: 'stands-by' });
    this.#restWhenIdle();
    if (beatMs !== undefined && !this.#isOver)
      this.#beats = setInterval(() => void sendToMaster({ eggcup: 'beat' }), beatMs);
  }

  end(): void {
    this.#isOver = true;
    this.#rest?.callOff();
    clearInterval(this.#beats);
  }

  #restWhenIdle(): void {
    if (!this.#isOver) this.#rest = saveMemoryWhenIdle(loadNative());
  }
}

function leave(): void {
  process.exit(110);
}

/** Ctrl-C reaches the whole process group: the master answers it and stops its children in order. */
export function leaveTerminalSignalsToMaster(): void {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => undefined);
}
