import type { Happening } from '#eggcup/master/loop.js';
import type { LaunchId } from '#eggcup/supervisor/model.js';

interface SimulatedStandby {
  readonly id: number;
  readonly pid: number;
  readonly launch: LaunchId;
  isReady: boolean;
  killed: boolean;
  ignoresKill: boolean;
}

/** Processes that wait for the place of an app worker, whatever the supervisor believes. */
export class SimulatedStandbys {
  readonly #tell: (happening: Happening) => void;
  #living: readonly SimulatedStandby[] = [];
  #last = 0;

  constructor(tell: (happening: Happening) => void) {
    this.#tell = tell;
  }

  /** To be used, now or when they have loaded what they may. */
  get wanted(): readonly SimulatedStandby[] {
    return this.#living.filter(({ killed }) => !killed);
  }

  get waiting(): readonly SimulatedStandby[] {
    return this.wanted.filter(({ isReady }) => isReady);
  }

  get living(): readonly SimulatedStandby[] {
    return this.#living;
  }

  fork(launch: LaunchId): void {
    this.#last += 1;
    const [id, pid] = [this.#last, 500_000 + this.#last];
    const standby = { id, pid, launch, isReady: false, killed: false, ignoresKill: false };
    this.#living = [...this.#living, standby];
    this.#tell({ kind: 'standby-forked', id: standby.id, pid: standby.pid });
  }

  /** One after the other loads what it may, until nothing more comes of it. */
  allReady(): void {
    for (;;) {
      const next = this.wanted.find(({ isReady }) => !isReady);
      if (next === undefined) return;
      next.isReady = true;
      this.#tell({ kind: 'standby-ready', id: next.id });
    }
  }

  take(launch: LaunchId): SimulatedStandby | undefined {
    const found = this.waiting.find((standby) => standby.launch === launch);
    this.#living = this.#living.filter((standby) => standby !== found);
    return found;
  }

  end(id: number): void {
    const found = this.#living.find((standby) => standby.id === id);
    if (found !== undefined) found.killed = true;
  }

  /** SIGKILL takes effect. */
  settle(): void {
    for (const standby of this.#living) if (standby.killed && !standby.ignoresKill) this.#exit(standby, 'SIGKILL');
  }

  /** One ends by itself. */
  exitOne(): void {
    const [first] = this.wanted;
    if (first !== undefined) this.#exit(first, null);
  }

  /** One says, or shows, that it is of no use. */
  failOne(): void {
    const [first] = this.#living;
    if (first !== undefined) this.#tell({ kind: 'standby-failed', id: first.id, why: 'it is simulated' });
  }

  ignoreKill(): void {
    for (const standby of this.#living) standby.ignoresKill = true;
  }

  #exit(standby: SimulatedStandby, signal: string | null): void {
    this.#living = this.#living.filter((other) => other !== standby);
    this.#tell({ kind: 'standby-exited', id: standby.id, code: signal === null ? 1 : null, signal });
  }
}
