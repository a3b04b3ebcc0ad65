import type { UserMessage } from '../ipc/protocol.js';
import { type Route, type Sender, route } from '../ipc/routing.js';
import type { Log } from '../log.js';
import type { Child } from '../process/child.js';
import { Outbox } from '../process/outbox.js';
import type { Slot, State } from '../supervisor/model.js';
import { isPastGate } from '../supervisor/view.js';
import { BackPressure } from './back-pressure.js';

export interface DeliveryOptions {
  readonly log: Log;
  readonly children: ReadonlyMap<number, Child>;
  readonly state: () => State;
  /** An application's message to the master. */
  readonly onMasterMessage: (message: UserMessage, from: Sender) => void;
}

/** Who may get messages in a state of the cluster. */
interface Receivers {
  readonly state: State | undefined;
  readonly agent: Child | undefined;
  readonly apps: readonly Child[];
}

/** Brings messages to processes: to whom, not faster than they are read, and with an account of what did not arrive. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #backPressure = new BackPressure();
  readonly #parent = new Outbox(process, {
    drained: () => this.#backPressure.release(this.#parent),
    overflowed: () => this.#options.log.warn('channel.overflow', { slot: 'parent' }),
  });
  readonly #dropped = new Map<Slot, number>();
  #known: Receivers = { state: undefined, agent: undefined, apps: [] };

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** An application's message as it was received, by egg-cluster's rules. `sender` is the child that it came from, if it did. */
  deliver(received: UserMessage, from: Sender, sender?: Child): void {
    // Nobody else has it, and to copy it costs as much as to read it.
    const message = Object.assign(received, { from });
    const { agent, apps } = this.#receivers();
    const target: Route = route(message, from, { masterPid: process.pid, agentPid: agent?.pid });
    switch (target.to) {
      case 'master':
        return this.#options.onMasterMessage(message, from);
      case 'parent':
        return this.#toParent(message, sender);
      case 'agent':
        if (agent === undefined) {
          this.#count('agent', 1);
          return this.drop('there is no agent now', { action: message.action, from });
        }
        return this.#send(agent, message, sender);
      case 'apps':
        for (const child of apps) this.#send(child, message, sender);
        return;
      case 'app': {
        const child = apps.find(({ pid }) => String(pid) === target.pid);
        if (child === undefined) return this.drop(`no process ${target.pid}`, { action: message.action, from });
        return this.#send(child, message, sender);
      }
      case 'nobody':
        return this.drop(target.why, { action: message.action, from });
    }
  }

  /** The master's own words to its parent. */
  announceToParent(message: UserMessage): void {
    this.#parent.sendUnbounded(message);
  }

  /** Who has been let past the gate: nobody in a process listens before. */
  reachable(role: 'agent' | 'app'): readonly Child[] {
    const { agent, apps } = this.#receivers();
    if (role === 'app') return apps;
    return agent === undefined ? [] : [agent];
  }

  /** A child has caught up with its messages. */
  drained(child: Child): void {
    this.#backPressure.release(child.outbox);
  }

  /** A child has ended. */
  forget(child: Child): void {
    this.#count(child.slot, child.outbox.waiting);
    this.#backPressure.release(child.outbox);
    child.resumeReading(); // What it has left, up to the end.
  }

  /** How many messages did not get to the processes of this slot: it did not read, or was gone. */
  droppedFor(slot: Slot): number {
    return this.#dropped.get(slot) ?? 0;
  }

  #send(child: Child, message: UserMessage, sender?: Child): void {
    if (!child.send(message)) {
      this.#count(child.slot, 1);
      this.drop('its receiver takes no messages', { action: message.action, to: child.slot });
    }
    if (sender !== undefined) this.#backPressure.afterSend(sender, child.outbox);
  }

  #toParent(message: UserMessage, sender?: Child): void {
    this.#parent.send(message);
    if (sender !== undefined) this.#backPressure.afterSend(sender, this.#parent);
  }

  /** Found anew with each new state, not with each message. */
  #receivers(): Receivers {
    const state = this.#options.state();
    if (state !== this.#known.state) {
      const children = state.children
        .filter((child) => isPastGate(child))
        .flatMap(({ id }) => this.#options.children.get(id) ?? []);
      const agent = children.find(({ role }) => role === 'agent');
      this.#known = { state, agent, apps: children.filter(({ role }) => role === 'app') };
    }
    return this.#known;
  }

  #count(slot: Slot, messages: number): void {
    this.#dropped.set(slot, this.droppedFor(slot) + messages);
  }

  drop(why: string, fields: object): void {
    this.#options.log.debug('message.dropped', { why, ...fields });
  }
}
