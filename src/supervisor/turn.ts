import type { Announcement, Command, Fields, LogEvent, LogLevel, Recipient, Step } from './commands.js';
import type { Child, ChildState, Policy, Slot, SlotRecord, State } from './model.js';

/** One event's turn: the state as it becomes, and the commands that follow, in order. */
export class Turn {
  state: State;
  readonly policy: Policy;
  readonly at: number;
  readonly #commands: Command[] = [];

  constructor(state: State, policy: Policy, at: number) {
    this.state = state;
    this.policy = policy;
    this.at = at;
  }

  step(): Step {
    return { state: this.state, commands: this.#commands };
  }

  order(command: Command): void {
    this.#commands.push(command);
  }

  send(to: Recipient, message: Announcement): void {
    this.order({ kind: 'send', to, message });
  }

  log(level: LogLevel, event: LogEvent, fields: Fields = {}): void {
    this.order({ kind: 'log', level, event, fields });
  }

  child(id: number): Child | undefined {
    return this.state.children.find((child) => child.id === id);
  }

  put(child: Child, state: ChildState): void {
    const since = child.state.kind === state.kind ? child.since : this.at;
    const changed = { ...child, state, since };
    this.state = {
      ...this.state,
      children: this.state.children.map((other) => (other.id === child.id ? changed : other)),
    };
  }

  becomeReady(child: Child): void {
    this.put({ ...child, readyAt: this.at }, { kind: 'ready' });
  }

  change(id: number, change: Partial<Omit<Child, 'id' | 'slot' | 'pid' | 'since' | 'readyAt' | 'state'>>): void {
    const children = this.state.children.map((child) => (child.id === id ? { ...child, ...change } : child));
    this.state = { ...this.state, children };
  }

  add(child: Child): void {
    this.state = { ...this.state, children: [...this.state.children, child] };
  }

  remove(child: Child): void {
    this.state = { ...this.state, children: this.state.children.filter((other) => other.id !== child.id) };
    if (currentOf(this.state, child.slot) === undefined) this.record(child.slot, { downSince: this.at });
  }

  slot(slot: Slot): SlotRecord {
    const found = this.state.slots.find((record) => record.slot === slot);
    if (found === undefined) throw new Error(`the supervisor has no slot ${slot}`);
    return found;
  }

  record(slot: Slot, change: Partial<SlotRecord>): void {
    this.state = {
      ...this.state,
      slots: this.state.slots.map((record) => (record.slot === slot ? { ...record, ...change } : record)),
    };
  }
}

/** The process that a slot counts on: not one whose successor comes or is there, nor one that is to take over. */
export function currentOf(state: State, slot: Slot): Child | undefined {
  return state.children.find((child) => child.slot === slot && !child.replaced && !child.takesOver);
}

export function isAgent(child: Child): boolean {
  return child.slot === 'agent';
}

export function appsOf(state: State): readonly Child[] {
  return state.children.filter((child) => !isAgent(child));
}

/** It listens, and answers. */
export function isListening({ state, hung }: Child): boolean {
  return state.kind === 'ready' && !hung;
}

/** Pids of the app workers that listen, in the order of their slots: egg's `egg-pids`. */
export function listeningPids(state: State): readonly number[] {
  return appsOf(state)
    .filter((child) => isListening(child))
    .map((child) => child.pid);
}

/** The agent, once it has said that it is ready. */
export function readyAgent(state: State): Child | undefined {
  return state.children.find((child) => isAgent(child) && child.state.kind === 'ready');
}

export function isToldToEnd({ state }: Child): boolean {
  return state.kind === 'stopping' || state.kind === 'killed';
}
