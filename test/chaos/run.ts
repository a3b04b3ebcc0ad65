import { createServer } from 'node:net';
import { hasCode } from '#eggcup/errors.js';
import { isLiving, programOf } from '../helpers/processes.js';
import { Faults, isInCharge } from './faults.js';
import type { LeftProcess, Observation, Sample } from './observation.js';
import { isSettled } from './planned.js';
import { Prober } from './prober.js';
import { Sampler, kindOf } from './sampler.js';
import { Traffic } from './traffic.js';
import { Sandbox } from './sandbox.js';
import type { Schedule } from './schedule.js';

const TICK_MS = 20;
/** From the last signal on: far more than any stop may take. */
const END_MS = 25_000;
const SETTLE_MS = 60_000;
/** So long something may wait for its target when all others have been done. */
const AMBUSH_MS = 1500;
/** A master that is awake has answered a signal by then. */
const HEARD_MS = 400;
/** Orphans of a killed master have two seconds, and a machine that is busy. */
const ORPHANS_MS = 8000;
/** What was killed last is gone when the kernel has come to it. */
const LAST_MS = 500;
const KILLED = 137;

/** What a test may do while a run goes on: called at each look, with the health directory. */
export type Meddler = (sample: Sample, healthDir: string) => void;

/** Does a schedule to a real master and tells what was seen. Nothing is left of it afterwards. */
export async function runSchedule(schedule: Schedule, meddle?: Meddler): Promise<Observation> {
  const { setup } = schedule;
  const port = await quietPort();
  const httpPort = await quietPort(port);
  const sandbox = new Sandbox(setup, port, httpPort);
  try {
    await sandbox.untilStarted(setup.role);
    const runner = new Runner(schedule, sandbox, meddle);
    const traffic = setup.traffic ? new Traffic(port, () => runner.now) : undefined;
    const prober = setup.http ? new Prober(httpPort, () => runner.now) : undefined;
    const seen = await runner.observe().finally(() => {
      traffic?.end();
      prober?.end();
    });
    await sandbox.release();
    const log = sandbox.log.map((line) => ({ ...line, at: Date.parse(String(line['time'])) - runner.epoch }));
    const requests = traffic?.seen ?? { answered: 0, lost: [] };
    return { ...seen, probes: prober?.probes ?? [], traffic: requests, log, output: sandbox.text };
  } finally {
    await sandbox.release();
    sandbox.dispose();
  }
}

class Runner {
  readonly #schedule: Schedule;
  readonly #sandbox: Sandbox;
  readonly #meddle: Meddler | undefined;
  readonly #sampler: Sampler;
  readonly #faults: Faults;
  readonly #samples: Sample[] = [];
  /** What the schedule's times count from. */
  #from = 0;
  #endedAt = 0;

  constructor(schedule: Schedule, sandbox: Sandbox, meddle: Meddler | undefined) {
    this.#schedule = schedule;
    this.#sandbox = sandbox;
    this.#meddle = meddle;
    this.#sampler = new Sampler(sandbox.masterPid, sandbox.healthDir, performance.now());
    this.#faults = new Faults(sandbox.masterPid, this.#sampler, sandbox.healthDir, (file) => sandbox.writeConfig(file));
  }

  get now(): number {
    return this.#sampler.now;
  }

  /** When its time began, by the clock of the day. */
  get epoch(): number {
    return Date.now() - this.now;
  }

  async observe(): Promise<Omit<Observation, 'log' | 'probes' | 'traffic' | 'output'>> {
    const { from, faults, stop } = this.#schedule;
    if (from === 'ready') await this.#while(() => this.#samples.at(-1)?.ready !== true, END_MS);
    this.#from = from === 'ready' ? this.#sampler.now : 0;
    for (const fault of faults.filter(({ atMs }) => atMs < stop.atMs || stop.settles)) await this.#inflict(fault);
    const settled = stop.settles ? await this.#settle() : 'not asked';
    await this.#at(stop.atMs);
    const stopping = this.#stop();
    // Those that are left come while it ends.
    for (const fault of faults.filter(({ atMs }) => atMs >= stop.atMs && !stop.settles)) await this.#inflict(fault);
    await stopping;
    await this.#while(() => true, END_MS);
    this.#faults.endAll();
    const code = this.#sandbox.exitCode;
    return {
      samples: this.#samples,
      deliveries: this.#faults.deliveries,
      files: this.#faults.files,
      scarcity: this.#faults.scarcity,
      end: code === undefined ? undefined : { at: this.#endedAt, code },
      settled,
      termination: this.#sandbox.termination,
      leftProcesses: await this.#leftProcesses(code === KILLED),
      leftFiles: this.#sandbox.healthFiles(),
    };
  }

  async #inflict(fault: Schedule['faults'][number]): Promise<void> {
    await this.#at(fault.atMs);
    if (!this.#lives) return;
    this.#faults.inflict(fault);
    this.#faults.tick(this.#samples.at(-1));
  }

  /** One look after the other until the time has come, or the master has ended. */
  async #at(ms: number): Promise<void> {
    await this.#while(() => this.#sampler.now < this.#from + ms, Number.POSITIVE_INFINITY);
  }

  /** Whether the wait was over before its time. */
  async #while(waits: () => boolean, patienceMs: number): Promise<boolean> {
    const deadline = this.#sampler.now + patienceMs;
    while (this.#lives && waits()) {
      if (this.#sampler.now > deadline) return false;
      this.#faults.tick(this.#samples.at(-1));
      this.#look();
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    return true;
  }

  get #lives(): boolean {
    if (this.#sandbox.exitCode === undefined) return true;
    this.#endedAt ||= this.#sampler.now;
    return false;
  }

  #look(): void {
    const sample = this.#sampler.sample();
    if (sample === undefined) return;
    this.#samples.push(sample);
    this.#meddle?.(sample, this.#sandbox.healthDir);
  }

  async #settle(): Promise<'yes' | 'no'> {
    await this.#while(() => this.#faults.isDue, AMBUSH_MS);
    this.#faults.endAll();
    const heardBy = this.#sampler.now + HEARD_MS;
    const waits = (): boolean => this.#sampler.now < heardBy || !this.#isSettled;
    return (await this.#while(waits, SETTLE_MS)) ? 'yes' : 'no';
  }

  get #isSettled(): boolean {
    const last = this.#samples.at(-1);
    return last !== undefined && isSettled(last);
  }

  /** The first is sent when it can be heard; the others when their time has come. */
  async #stop(): Promise<void> {
    await this.#while(() => !isInCharge(this.#sandbox.masterPid), END_MS);
    let at = this.#sampler.now - this.#from;
    for (const { signal, afterMs } of this.#schedule.stop.signals) {
      at += afterMs;
      await this.#at(at);
      if (this.#lives) this.#faults.signalMaster(signal);
    }
  }

  /** Those that stay; the orphans of a killed master have some time. */
  async #leftProcesses(isKilled: boolean): Promise<readonly LeftProcess[]> {
    if (this.#schedule.setup.role === 'pid1') return [];
    const left = (): readonly LeftProcess[] =>
      this.#sandbox
        .others()
        .filter(isLiving)
        .map((pid) => ({ pid, kind: kindOf(pid), name: programOf(pid) }));
    const isWaitedFor = ({ kind }: LeftProcess): boolean => kind !== 'other' || !isKilled;
    const deadline = performance.now() + (isKilled ? ORPHANS_MS : LAST_MS);
    while (left().some(isWaitedFor) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    return left();
  }
}

/** A free port where the kernel takes none for others' connections: they may come in the middle of a run. */
async function quietPort(other?: number): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (port !== other && (await isFree(port))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error) => (hasCode(error, 'EADDRINUSE') ? resolve(false) : reject(error)));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
