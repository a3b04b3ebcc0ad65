import { EventEmitter } from 'node:events';
import type { Messenger } from '../ipc/messenger.js';
import { parseUserMessage } from '../ipc/parse.js';
import type { UserMessage } from '../ipc/protocol.js';
import { sendToMaster } from './channel.js';

/** One for the process, also when the application has a copy of eggcup of its own. */
const SHARED = Symbol.for('eggcup.messenger');

/** Gives this process, a child of the master, its messenger: it hears from now on. */
export function installMessenger(): void {
  Reflect.set(globalThis, SHARED, new ChannelMessenger(true));
}

/** The messenger of this process; outside of eggcup one that is deaf and dumb. */
export function sharedMessenger(): Messenger {
  const installed = Reflect.get(globalThis, SHARED) as Messenger | undefined;
  return installed ?? new ChannelMessenger(false);
}

class ChannelMessenger implements Messenger {
  readonly #emitter = new EventEmitter();
  #pids: readonly number[] = [];

  readonly #isInstalled: boolean;

  constructor(isInstalled: boolean) {
    this.#isInstalled = isInstalled;
    if (isInstalled) process.on('message', (raw) => this.#hear(raw));
  }

  get pids(): readonly number[] {
    return this.#pids;
  }

  sendToApp(action: string, data?: unknown): void {
    this.#send({ action, data, to: 'app' });
  }

  sendToAgent(action: string, data?: unknown): void {
    this.#send({ action, data, to: 'agent' });
  }

  sendRandom(action: string, data?: unknown): void {
    const pid = this.#pids[Math.floor(Math.random() * this.#pids.length)];
    if (pid !== undefined) this.sendTo(pid, action, data);
  }

  sendTo(pid: number | string, action: string, data?: unknown): void {
    this.#send({ action, data, receiverPid: String(pid) });
  }

  broadcast(action: string, data?: unknown): void {
    this.sendToApp(action, data);
    this.sendToAgent(action, data);
  }

  on(action: string, listener: (data: unknown) => void): this {
    this.#emitter.on(action, listener);
    return this;
  }

  once(action: string, listener: (data: unknown) => void): this {
    this.#emitter.once(action, listener);
    return this;
  }

  off(action: string, listener: (data: unknown) => void): this {
    this.#emitter.off(action, listener);
    return this;
  }

  #send(message: UserMessage): void {
    if (this.#isInstalled) void sendToMaster(message);
  }

  #hear(raw: unknown): void {
    const message = parseUserMessage(raw);
    if (message === undefined) return;
    const { action, data } = message;
    if (action === 'egg-pids' && Array.isArray(data)) this.#pids = data.map(Number);
    // An action of this name from somebody else must not throw here, as an emitter would.
    if (action === 'error' && this.#emitter.listenerCount('error') === 0) return;
    this.#emitter.emit(action, data);
  }
}
