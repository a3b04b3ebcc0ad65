import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Loop } from '#eggcup/master/loop.js';
import type { Command } from '#eggcup/supervisor/commands.js';
import { POLICY } from '../supervisor/scenario.js';
import { until } from '../../helpers/until.js';
import { monotonicMs } from '#eggcup/monotonic.js';

/** A loop over one worker that crashes as often as it is told to, and is ready as soon as it may start. */
class OneWorker {
  readonly loop: Loop;
  opened = 0;
  #last = 0;
  #busyUntil = 0;

  constructor() {
    const policy = { ...POLICY, workers: 1, hasAgent: false, backoffInitialMs: 200, checkIntervalMs: 600_000 };
    this.loop = new Loop(
      policy,
      (command) => this.#run(command),
      () => {
        while (monotonicMs() < this.#busyUntil);
      },
    );
    this.loop.start();
  }

  crash(): void {
    this.loop.dispatch({ kind: 'child-exited', id: this.#last, code: 1, signal: null });
    this.#fork();
  }

  /** Something happens, and what follows takes until then. */
  keepBusy(until: number): void {
    this.#busyUntil = until;
    this.loop.dispatch({ kind: 'child-not-ready', id: this.#last, why: 'it waits' });
  }

  /** Until when its present process waits. */
  get waitsUntil(): number {
    const state = this.loop.state.children[0]?.state;
    assert.ok(state?.kind === 'gate');
    return state.notBefore;
  }

  #run(command: Command): void {
    if (command.kind === 'fork-apps') this.#fork();
    if (command.kind !== 'open-gate') return;
    this.opened += 1;
    this.loop.dispatch({ kind: 'child-ready', id: command.id });
  }

  #fork(): void {
    this.#last += 1;
    const { kind, slot, takesOver } = { kind: 'child-forked', slot: 'app-0', takesOver: false } as const;
    this.loop.dispatch({ kind, id: this.#last, slot, pid: 1000 + this.#last, takesOver });
  }
}

test('what becomes due while something else is answered is done, and not forgotten until the next deadline', async (t) => {
  const worker = new OneWorker();
  t.after(() => worker.loop.halt());
  for (const _ of ['the first crash has no wait', 'the second has']) worker.crash();
  const { waitsUntil, opened } = worker;
  setTimeout(() => worker.keepBusy(waitsUntil + 20), Math.max(0, waitsUntil - monotonicMs() - 50));
  await until('the gate to open', () => worker.opened > opened, 30_000);
});
