import { parseFromChild, parseUserMessage } from '../ipc/parse.js';
import type { FromChild, ListenAddress, UserMessage } from '../ipc/protocol.js';
import type { Sender } from '../ipc/routing.js';
import type { Log } from '../log.js';
import { listOf } from '../supervisor/list-of.js';
import type { Child } from '../process/child.js';
import type { Announcement, Recipient } from '../supervisor/commands.js';
import type { Slot, State } from '../supervisor/model.js';
import { Delivery } from './delivery.js';
import type { Happening } from './loop.js';
import type { Roles } from './roles.js';

export interface MessagesOptions {
  readonly log: Log;
  readonly roles: Roles;
  readonly expected: { readonly port: number | undefined; readonly unixSocket: string | undefined };
  /** `$HOST`, by which egg-cluster names a server that listens on all addresses. */
  readonly hostVariable: string | undefined;
  readonly children: ReadonlyMap<number, Child>;
  readonly dispatch: (happening: Happening) => void;
  readonly state: () => State;
  /** What a process tells of an error that ends it. */
  readonly onError: (child: Child, text: string) => void;
  /** An app worker's event loop runs. */
  readonly onBeat: (child: Child) => void;
  /** egg-cluster's `reload-worker`, from the application or the parent. */
  readonly onReloadWorker: (from: Sender) => void;
}

/** The master as the hub of all messages (egg-cluster's Messenger): reads, routes, delivers. */
export class Messages {
  readonly #options: MessagesOptions;
  /** Where the application listens, once a worker has said so. */
  address: ListenAddress | undefined;
  readonly #delivery: Delivery;
  /** By child: the servers that make it ready. */
  readonly #counted = new Map<number, Set<string>>();
  /** By child: the servers that don't, with their names for people. */
  readonly #others = new Map<number, Map<string, string>>();

  constructor(options: MessagesOptions) {
    this.#options = options;
    const onMasterMessage = (message: UserMessage, from: Sender): void => this.#toMaster(message, from);
    this.#delivery = new Delivery({ ...options, onMasterMessage });
  }

  fromChild(child: Child, raw: unknown): void {
    const parsed = parseFromChild(raw);
    switch (parsed.kind) {
      case 'own':
        return this.#own(child, parsed.message);
      case 'user':
        if (this.#isReadyWord(child, parsed.message)) return this.#ready(child, undefined);
        return this.#delivery.deliver(parsed.message, child.role, child);
      case 'rubbish':
        return this.#delivery.drop(parsed.why, { from: child.slot });
    }
  }

  /** The application's address for people: a URL, or the path of a Unix socket. */
  get url(): string | null {
    return this.address === undefined ? null : this.#urlOf(this.address);
  }

  #urlOf(address: ListenAddress): string {
    return urlOf(address, this.#options.hostVariable);
  }

  /** Nothing more comes from this child. */
  forget(child: Child): void {
    this.#counted.delete(child.id);
    this.#others.delete(child.id);
    this.#delivery.forget(child);
  }

  /** A child has caught up with its messages. */
  drained(child: Child): void {
    this.#delivery.drained(child);
  }

  /** How many messages did not get to the processes of this slot. */
  droppedFor(slot: Slot): number {
    return this.#delivery.droppedFor(slot);
  }

  fromParent(raw: unknown): void {
    const message = parseUserMessage(raw);
    if (message !== undefined) this.#delivery.deliver(message, 'parent');
  }

  /** The master's own words, with what only it knows. */
  announce(to: Recipient, announcement: Announcement): void {
    const message: UserMessage = { ...this.#completed(to, announcement), from: 'master' };
    if (to === 'parent') this.#delivery.announceToParent(message);
    else if (typeof to === 'object') this.#options.children.get(to.id)?.announce(message);
    else for (const child of this.#delivery.reachable(to === 'apps' ? 'app' : 'agent')) child.announce(message);
  }

  #completed(to: Recipient, announcement: Announcement): UserMessage {
    if (announcement.action !== 'egg-ready') return announcement;
    if (to !== 'parent') return { action: 'egg-ready', data: this.#applicationOptions() };
    const { address } = this;
    const tcp = address?.kind === 'tcp' ? address : undefined;
    return {
      action: 'egg-ready',
      data: { port: tcp?.port, protocol: tcp?.protocol, address: this.url },
    };
  }

  #applicationOptions(): object {
    const { task } = this.#options.roles.app;
    if (task.kind === 'framework') return task.options;
    const tcp = this.address?.kind === 'tcp' ? this.address : undefined;
    return {
      baseDir: task.baseDir,
      workers: this.#options.state().slots.filter(({ slot }) => slot !== 'agent').length,
      port: tcp?.port,
    };
  }

  #own(child: Child, message: FromChild): void {
    switch (message.eggcup) {
      case 'at-gate':
        return child.listens();
      case 'stands-by':
        return; // Only who waits for a place says so, and is heard elsewhere (src/process/standby.ts).
      case 'ready':
        return this.#ready(child, message.address);
      case 'listening':
        return this.#listening(child, message.address);
      case 'closed':
        return this.#closed(child, message.address);
      case 'leaving':
        return this.#options.dispatch({ kind: 'child-leaving', id: child.id });
      case 'beat':
        return this.#options.onBeat(child);
      case 'worn':
        return this.#options.dispatch({ kind: 'child-worn', id: child.id, why: message.why });
      case 'start-failed': {
        this.#options.onError(child, message.stack ?? message.message);
        const portTaken = message.code === 'EADDRINUSE';
        return this.#options.dispatch({
          kind: 'child-start-failed',
          id: child.id,
          portTaken,
          message: message.message,
        });
      }
      case 'log':
        if (message.event === 'worker.uncaught') this.#options.onError(child, message.text);
        return this.#options.log.write(message.level, message.event, {
          slot: child.slot,
          pid: child.pid,
          text: message.text,
        });
    }
  }

  #ready(child: Child, address: ListenAddress | undefined): void {
    if (address !== undefined) this.address = address;
    this.#options.dispatch({ kind: 'child-ready', id: child.id });
  }

  /** A script's server listens: as the application's, or on an address of its own (metrics, say). */
  #listening(child: Child, address: ListenAddress): void {
    const url = this.#urlOf(address);
    const counted = this.#counted.get(child.id) ?? new Set();
    if (child.role !== 'app' || !this.#isExpected(address, counted)) {
      this.#options.log.debug('child.listening', { slot: child.slot, pid: child.pid, address: url });
      return this.#noteOther(child, address, url);
    }
    this.address = address;
    this.#counted.set(child.id, counted.add(keyOf(address)));
    if (this.#isReadyByListening(child)) this.#ready(child, address);
    else this.#noteOther(child, address, url);
  }

  /** A server that does not make its process ready: should that never be, it is a hint. */
  #noteOther(child: Child, address: ListenAddress, url: string): void {
    const urls = this.#others.get(child.id) ?? new Map<string, string>();
    this.#others.set(child.id, urls.set(keyOf(address), url));
    this.#tellWhyNotReady(child, urls);
  }

  #tellWhyNotReady(child: Child, urls: ReadonlyMap<string, string>): void {
    const missing = this.#missingOf(child);
    if (child.role !== 'app' || missing === undefined) return;
    const names = listOf([...new Set(urls.values())].toSorted());
    const why = urls.size === 0 ? undefined : `listening on ${names}, ${missing}`;
    this.#options.dispatch({ kind: 'child-not-ready', id: child.id, why });
  }

  /** What a process that listens lacks to be ready; `undefined` where its servers say nothing of that. */
  #missingOf({ launch: { task } }: Child): string | undefined {
    const { port, unixSocket } = this.#options.expected;
    const expected = unixSocket ?? (port === undefined ? undefined : `port ${port}`);
    if (task.kind !== 'script' || task.ready === 'loaded') return undefined;
    if (task.ready === 'message') return "without process.send('ready')";
    return expected === undefined ? undefined : `not on ${expected}`;
  }

  /** A script has closed a server: the last one of those that made it ready? */
  #closed(child: Child, address: ListenAddress): void {
    const others = this.#others.get(child.id);
    if (others?.delete(keyOf(address)) === true) this.#tellWhyNotReady(child, others);
    const counted = this.#counted.get(child.id);
    if (counted?.delete(keyOf(address)) !== true || counted.size > 0) return;
    if (this.#isReadyByListening(child)) this.#options.dispatch({ kind: 'child-unready', id: child.id });
  }

  #isReadyByListening(child: Child): boolean {
    const { task } = child.launch;
    return task.kind === 'script' && task.ready === 'listening';
  }

  /** Where the config names no address, the first server of a process is the application's. */
  #isExpected(address: ListenAddress, counted: ReadonlySet<string>): boolean {
    const { port, unixSocket } = this.#options.expected;
    if (port === undefined && unixSocket === undefined) return counted.size === 0;
    return address.kind === 'unix' ? address.path === unixSocket : address.port === port;
  }

  /** PM2's word: `process.send('ready')`. */
  #isReadyWord(child: Child, message: UserMessage): boolean {
    const { task } = child.launch;
    return message.action === 'ready' && task.kind === 'script' && task.ready === 'message' && message.to === undefined;
  }

  /** What others may ask of the master is a closed list; everything else is dropped. */
  #toMaster(message: UserMessage, from: Sender): void {
    if (message.action === 'reload-worker') this.#options.onReloadWorker(from);
    else this.#delivery.drop('the master takes no such message', { action: message.action, from });
  }
}

/** One server's: those on `::` and on `0.0.0.0` are two, though people read the same of both. */
function keyOf(address: ListenAddress): string {
  return JSON.stringify(address);
}

/** `http://127.0.0.1:7001` or the path of a Unix socket; egg-cluster's rules for a server on all addresses. */
function urlOf(address: ListenAddress, hostVariable: string | undefined): string {
  if (address.kind === 'unix') return address.path;
  const isAnywhere = ['', '::', '0.0.0.0'].includes(address.host);
  const isGiven = hostVariable !== undefined && hostVariable !== '' && hostVariable !== '0.0.0.0';
  const host = isAnywhere ? (isGiven ? hostVariable : '127.0.0.1') : address.host;
  return `${address.protocol}://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
