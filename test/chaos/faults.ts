import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '#eggcup/errors.js';
import { catchesSignal, stateOf } from '../helpers/processes.js';
import { predecessorsIn, successorsIn } from './ambush.js';
import type { ConfigFile } from './change.js';
import { Changes } from './changes.js';
import type { Delivery, Sample } from './observation.js';
import type { LivingProcess, Sampler } from './sampler.js';
import type { Fault, Target } from './schedule.js';

/** Does faults to a master and its processes, and keeps account of what was really done. */
export class Faults {
  readonly deliveries: Delivery[] = [];
  readonly scarcity: { at: number; isScarce: boolean }[] = [];
  readonly files: { at: number; file: ConfigFile }[] = [];
  /** Outer pids of those that were stopped, with the time of their SIGCONT. */
  readonly #paused = new Map<number, number>();
  /** What ends at a time, by its kind. */
  readonly #lasting = new Map<'fill' | 'exhaust', number>();
  #storms: { readonly fault: Fault & { kind: 'storm' }; readonly endAt: number; nextAt: number }[] = [];
  /** Whose target is waited for. */
  #ambushes: readonly (Fault & { kind: 'signal' | 'pause' })[] = [];
  #last: Sample | undefined;
  #hasBooted = false;
  readonly #changes: Changes;
  readonly #master: number;
  readonly #sampler: Sampler;
  readonly #ballast: string;

  constructor(master: number, sampler: Sampler, healthDir: string, writeConfig: (file: ConfigFile) => void) {
    this.#master = master;
    this.#sampler = sampler;
    this.#ballast = join(healthDir, 'ballast');
    const write = (file: ConfigFile): void => {
      this.files.push({ at: this.#sampler.now, file });
      writeConfig(file);
    };
    this.#changes = new Changes(write, (signal) => this.signalMaster(signal));
  }

  inflict(fault: Fault): void {
    switch (fault.kind) {
      case 'change':
        this.#changes.add(fault, this.#sampler.now);
        return;
      case 'signal':
      case 'pause':
        if (fault.target.kind === 'successor' || fault.target.kind === 'predecessor')
          this.#ambushes = [...this.#ambushes, fault];
        else this.#strike(fault);
        return;
      case 'storm': {
        const { now } = this.#sampler;
        this.#storms.push({ fault, endAt: now + fault.forMs, nextAt: now });
        return;
      }
      case 'fill':
      case 'exhaust':
        if (!this.#lasting.has(fault.kind)) this.#begin(fault.kind);
        this.#lasting.set(fault.kind, this.#sampler.now + fault.forMs);
        return;
    }
  }

  /** Does what is due, and ends what has lasted as long as it should. `last` is the newest look at everything. */
  tick(last: Sample | undefined): void {
    const { now } = this.#sampler;
    this.#last = last;
    this.#ambushes = this.#ambushes.filter((fault) => !this.#strike(fault));
    this.#hasBooted ||= last?.liveAgeMs !== undefined;
    // SIGTTIN would stop it before.
    if (isInCharge(this.#master)) this.#changes.tick(now, this.#hasBooted);
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

  /** Whether something waits for its time or its target. */
  get isDue(): boolean {
    return this.#ambushes.length > 0 || this.#changes.areDue;
  }

  /** Ends everything that lasts. */
  endAll(): void {
    for (const pid of this.#paused.keys()) this.#resume(pid);
    for (const kind of this.#lasting.keys()) this.#end(kind);
    this.#storms = [];
    this.#ambushes = [];
    this.#changes.endAll();
  }

  signalMaster(signal: NodeJS.Signals): void {
    this.#deliver({ kind: 'master' }, signal);
  }

  /** Returns whether somebody was there. */
  #strike(fault: Fault & { kind: 'signal' | 'pause' }): boolean {
    const pid = this.#deliver(fault.target, fault.kind === 'signal' ? fault.signal : 'SIGSTOP');
    if (pid === undefined) return false;
    if (fault.kind === 'pause')
      this.#paused.set(pid, fault.forMs === null ? Number.POSITIVE_INFINITY : this.#sampler.now + fault.forMs);
    return true;
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
      isHeard: kind !== 'master' || this.#canHear(signal),
    };
    if (!send(outerPid, signal)) return undefined;
    this.deliveries.push(delivery);
    return outerPid;
  }

  /**
   * Signals that stop a process by default wait for one that is stopped, and are forgotten when it goes on (signal(7)). One that was told
   * to stop may not have stopped yet.
   */
  #canHear(signal: NodeJS.Signals): boolean {
    const isStopped = this.#paused.has(this.#master) || stateOf(this.#master) === 'T';
    return isInCharge(this.#master) && !(isStopped && ['SIGTTIN', 'SIGTTOU'].includes(signal));
  }

  #find(target: Target): (Pick<LivingProcess, 'outerPid' | 'pid'> & Pick<Delivery, 'kind'>) | undefined {
    if (target.kind === 'master') return { outerPid: this.#master, pid: 0, kind: 'master' };
    const fitting = this.#fitting(target.kind);
    return fitting['n' in target ? target.n % Math.max(1, fitting.length) : 0];
  }

  #fitting(wanted: Exclude<Target['kind'], 'master'>): readonly LivingProcess[] {
    const isWanted = this.#filterFor(wanted);
    return this.#sampler
      .processes()
      .filter((process) => isWanted(process) && process.state !== 'Z' && process.state !== 'X')
      .toSorted((one, other) => one.pid - other.pid);
  }

  #filterFor(wanted: Exclude<Target['kind'], 'master'>): (process: LivingProcess) => boolean {
    if (wanted === 'any') return () => true;
    if (wanted === 'agent' || wanted === 'app') return ({ kind }) => kind === wanted;
    const last = this.#last;
    if (last === undefined) return () => false;
    const pids = wanted === 'successor' ? successorsIn(last) : predecessorsIn(last);
    return ({ pid, kind }) => kind === 'app' && pids.has(pid);
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
