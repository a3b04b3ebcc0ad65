import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '#eggcup/errors.js';
import { catchesSignal } from '../helpers/processes.js';
import type { Delivery } from './observation.js';
import type { LivingProcess, Sampler } from './sampler.js';
import type { Fault, Target } from './schedule.js';

/** Does faults to a master and its processes, and keeps account of what was really done. */
export class Faults {
  readonly deliveries: Delivery[] = [];
  readonly scarcity: { at: number; isScarce: boolean }[] = [];
  /** Outer pids of those that were stopped, with the time of their SIGCONT. */
  readonly #paused = new Map<number, number>();
  /** What ends at a time, by its kind. */
  readonly #lasting = new Map<'fill' | 'exhaust', number>();
  #storms: { readonly fault: Fault & { kind: 'storm' }; readonly endAt: number; nextAt: number }[] = [];
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
      case 'storm': {
        const { now } = this.#sampler;
        this.#storms.push({ fault, endAt: now + fault.forMs, nextAt: now });
        return this.tick();
      }
      case 'fill':
      case 'exhaust':
        if (!this.#lasting.has(fault.kind)) this.#begin(fault.kind);
        this.#lasting.set(fault.kind, this.#sampler.now + fault.forMs);
        return;
    }
  }

  /** Ends what has lasted as long as it should. */
  tick(): void {
    const { now } = this.#sampler;
    for (const [pid, until] of this.#paused) if (until <= now) this.#resume(pid);
    for (const [kind, until] of this.#lasting) if (until <= now) this.#end(kind);
    for (const storm of this.#storms) {
      if (storm.nextAt > now) continue;
      storm.nextAt = now + storm.fault.everyMs;
      const count = this.#fitting(storm.fault.to).length;
      for (let n = 0; n < count; n += 1) this.#deliver({ kind: storm.fault.to, n }, storm.fault.signal);
    }
    this.#storms = this.#storms.filter(({ endAt }) => endAt > now);
  }

  /** Ends everything that lasts. */
  endAll(): void {
    for (const pid of this.#paused.keys()) this.#resume(pid);
    for (const kind of this.#lasting.keys()) this.#end(kind);
    this.#storms = [];
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
    const fitting = this.#fitting(target.kind);
    return fitting['n' in target ? target.n % Math.max(1, fitting.length) : 0];
  }

  #fitting(wanted: 'agent' | 'app' | 'any'): readonly LivingProcess[] {
    return this.#sampler
      .processes()
      .filter(({ kind, state }) => (wanted === 'any' || kind === wanted) && state !== 'Z' && state !== 'X')
      .toSorted((one, other) => one.pid - other.pid);
  }

  #resume(pid: number): void {
    this.#paused.delete(pid);
    send(pid, 'SIGCONT');
  }

  #begin(kind: 'fill' | 'exhaust'): void {
    if (kind === 'fill') fillDisk(this.#ballast);
    else limitDescriptors(this.#master, firstFreeDescriptor(this.#master));
    this.scarcity.push({ at: this.#sampler.now, isScarce: true });
  }

  #end(kind: 'fill' | 'exhaust'): void {
    this.#lasting.delete(kind);
    if (kind === 'fill') rmSync(this.#ballast);
    else limitDescriptors(this.#master, 1024);
    this.scarcity.push({ at: this.#sampler.now, isScarce: this.#lasting.size > 0 });
  }
}

function fillDisk(ballast: string): void {
  const file = openSync(ballast, 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (error) {
    if (!hasCode(error, 'ENOSPC')) throw error;
  } finally {
    closeSync(file);
  }
}

/** Descriptors have numbers below the limit: with this one for a limit no further can be had until one is closed. */
function firstFreeDescriptor(pid: number): number {
  for (let number = 0; ; number += 1) if (!existsSync(`/proc/${pid}/fd/${number}`)) return number;
}

/** The soft limit, which what it forks inherits. A master that has ended meanwhile needs none. */
function limitDescriptors(pid: number, limit: number): void {
  spawnSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`], { stdio: 'ignore' });
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
