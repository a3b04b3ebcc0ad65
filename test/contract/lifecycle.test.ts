/** docs/lifecycle.md names every state and every transition that the supervisor makes, and no other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Event } from '#eggcup/supervisor/events.js';
import type { State } from '#eggcup/supervisor/model.js';
import { projectRoot } from '../helpers/cluster.js';
import { anyPolicy, anySchedule, happen } from '../unit/supervisor/schedule.js';
import { World } from '../unit/supervisor/world.js';

/** So many that the rarest transition is met several times. */
const RUNS = 10_000;

test('phases and states of a process change as the tables say, in thousands of simulated lives', () => {
  const seen = { phases: new Set<string>(), children: new Set<string>() };
  const stepped = (_event: Event, before: State, after: State): void => {
    note(seen.phases, before.phase.kind, after.phase.kind);
    const ids = new Set([...before.children, ...after.children].map(({ id }) => id));
    for (const id of ids) note(seen.children, stateOf(before, id), stateOf(after, id));
  };
  fc.assert(
    fc.property(anyPolicy, anySchedule, (policy, schedule) => {
      const world = new World(policy, () => ({ stepped }));
      for (const incident of schedule) happen(world, incident);
      world.tell({ kind: 'stop-requested', signal: 'SIGTERM' });
      for (let turn = 0; turn < 20 && world.state.phase.kind !== 'exited'; turn += 1) {
        world.settle();
        world.advanceToDeadline();
      }
    }),
    { numRuns: RUNS, seed: 1 },
  );
  const page = readFileSync(join(projectRoot, 'docs/lifecycle.md'), 'utf8');
  for (const [heading, transitions] of [
    ['## The cluster', seen.phases],
    ['## A process', seen.children],
  ] as const) {
    assert.deepEqual([...transitions].toSorted(), tableBelow(page, heading).toSorted(), heading);
  }
});

function note(transitions: Set<string>, from: string, to: string): void {
  if (from !== to) transitions.add(`${from} → ${to}`);
}

function stateOf({ children }: State, id: number): string {
  return children.find((child) => child.id === id)?.state.kind ?? 'none';
}

/** Of the first column, `a`, `b` → `c` as two transitions. */
function tableBelow(page: string, heading: string): readonly string[] {
  const section = page.split(`${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) → `(\w+)` \|/gm)].flatMap(([, from = '', to]) =>
    [...from.matchAll(/\w+/g)].map(([state]) => `${state} → ${to}`),
  );
}
