import { rmSync, writeSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '#eggcup/errors.js';
import { catchesSignal } from '../helpers/processes.js';
import type { Delivery } from './observation.js';
import type { LivingProcess, Sampler } from './sampler.js';
import type { Fault, Target } from './schedule.js';

/** Does faults to a master and its processes, and keeps account of what was really done. */
export class Faults {
  readonly deliveries: Delivery[] = [];
  readonly disk: { at: number; isFull: boolean }[] = [];
  /** Outer pids of those that were stopped, with the time of their SIGCONT. */
  readonly #paused = new Map<number, number>();
  #freeAt = Number.POSITIVE_INFINITY;
  readonly #master: number;
  readonly #sampler: Sampler;
  readonly #ballast: string;

  constructor(master: number, sampler: Sampler, healthDir: string) {
    this.#master = master;
    this.#sampler = sampler;
    this.#ballast = join(healthDir, 'ballast');
  }

  inflict(fault: Fault): void {
    switch (fault.kind) {
      case 'signal':
        this.#deliver(fault.target, fault.signal);
        return;
      case 'pause': {
        const pid = this.#deliver(fault.target, 'SIGSTOP');
        const until = fault.forMs === null ? Number.POSITIVE_INFINITY : this.#sampler.now + fault.forMs;
        if (pid !== undefined) this.#paused.set(pid, until);
        return;
      }
      case 'fill':
        this.#freeAt = this.#sampler.now + fault.forMs;
        return this.#fill();
    }
  }

  /** Ends what has lasted as long as it should. */
  tick(): void {
    const { now } = this.#sampler;
    for (const [pid, until] of this.#paused) if (until <= now) this.#resume(pid);
    if (this.#freeAt <= now) this.#free();
  }

  /** Ends everything that lasts. */
  endAll(): void {
    for (const pid of this.#paused.keys()) this.#resume(pid);
    if (this.#freeAt < Number.POSITIVE_INFINITY) this.#free();
  }

  signalMaster(signal: NodeJS.Signals): void {
    this.#deliver({ kind: 'master' }, signal);
  }

  /** Returns the outer pid that it was sent to. */
  #deliver(target: Target, signal: NodeJS.Signals): number | undefined {
    const found = this.#find(target);
    if (found === undefined) return undefined;
    const { outerPid, pid, kind } = found;
    const delivery = {
      at: this.#sampler.now,
      to: target.kind,
      pid,
      kind,
      signal,
      isHeard: kind !== 'master' || isInCharge(outerPid),
    };
    if (!send(outerPid, signal)) return undefined;
    this.deliveries.push(delivery);
    return outerPid;
  }

  #find(target: Target): (Pick<LivingProcess, 'outerPid' | 'pid'> & Pick<Delivery, 'kind'>) | undefined {
    if (target.kind === 'master') return { outerPid: this.#master, pid: 0, kind: 'master' };
    const living = this.#sampler.processes().filter(({ state }) => state !== 'Z' && state !== 'X');
    const fitting = living
      .filter(({ kind }) => target.kind === 'any' || kind === target.kind)
      .toSorted((one, other) => one.pid - other.pid);
    return fitting['n' in target ? target.n % Math.max(1, fitting.length) : 0];
  }

  #resume(pid: number): void {
    this.#paused.delete(pid);
    send(pid, 'SIGCONT');
  }

  #fill(): void {
    const file = openSync(this.#ballast, 'w');
    try {
      for (;;) writeSync(file, Buffer.alloc(4096));
    } catch (error) {
      if (!hasCode(error, 'ENOSPC')) throw error;
    } finally {
      closeSync(file);
    }
    this.disk.push({ at: this.#sampler.now, isFull: true });
  }

  #free(): void {
    this.#freeAt = Number.POSITIVE_INFINITY;
    rmSync(this.#ballast);
    this.disk.push({ at: this.#sampler.now, isFull: false });
  }
}

/** Whether eggcup has taken its signals: by the last of them, for Node itself has handlers of the first. */
export function isInCharge(master: number): boolean {
  return catchesSignal(master, 'SIGSYS');
}

/** Whether somebody was there to get it. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
    return false;
  }
}
