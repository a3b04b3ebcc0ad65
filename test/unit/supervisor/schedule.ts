import * as fc from 'fast-check';
import type { Policy } from '#eggcup/supervisor/model.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { World } from './world.js';

/** One thing that happens. `n` picks a living process, round about. */
export type Incident =
  | { readonly kind: 'deadline' | 'settle' | 'all-ready' | 'stop' | 'master-failed' | 'tails-end' }
  | { readonly kind: 'roll'; readonly agent: boolean; readonly isReload: boolean }
  | { readonly kind: 'scale'; readonly to: number }
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'fail-forks'; readonly count: number }
  | {
      readonly kind:
        | 'ready'
        | 'unready'
        | 'disconnect'
        | 'exit'
        | 'exit-late'
        | 'crash'
        | 'start-failed'
        | 'port-taken'
        | 'worn'
        | 'hung'
        | 'answers'
        | 'leaving';
      readonly n: number;
    }
  | { readonly kind: 'standby-exit' | 'standby-fails' | 'standby-ignores-kill' }
  | { readonly kind: 'ignore-term' | 'ignore-kill'; readonly n: number };

export const anyPolicy: fc.Arbitrary<Policy> = fc.integer({ min: 1, max: 3 }).chain((workers) =>
  fc.record({
    workers: fc.constant(workers),
    hasAgent: fc.boolean(),
    parallelStarts: fc.integer({ min: 1, max: workers }),
    startupMs: fc.constantFrom(1, 1000, 60_000),
    checkIntervalMs: fc.constantFrom(1, 1000, 10_000),
    checkFailures: fc.integer({ min: 1, max: 3 }),
    minReady: fc.oneof(
      fc.record({ kind: fc.constant('count' as const), value: fc.integer({ min: 1, max: workers }) }),
      fc.record({ kind: fc.constant('share' as const), value: fc.constantFrom(0.5, 1) }),
    ),
    restartLimit: fc.constantFrom(1, 2, 3, 5, 60),
    restartWindowMs: fc.constantFrom(1, 1000, 60_000),
    backoffInitialMs: fc.constantFrom(0, 200, 1000),
    backoffMaxMs: fc.constantFrom(1000, 15_000),
    delayMs: fc.constantFrom(0, 3000),
    appStopMs: fc.constantFrom(0, 1000, 20_000),
    agentStopMs: fc.constantFrom(0, 5000),
    standbys: fc.constantFrom(0, 1, 2),
  }),
);

const n = fc.nat({ max: 7 });

const anyTrouble: fc.Arbitrary<Incident> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Incident>({ kind: 'deadline' }, { kind: 'settle' }, { kind: 'all-ready' }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('jump'), ms: fc.constantFrom(0, 1, 100, 1500, 7000, 70_000) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'ready',
        'unready',
        'disconnect',
        'exit',
        'exit-late',
        'crash',
        'start-failed',
        'port-taken',
        'worn',
        'hung',
        'answers',
        'leaving',
      ),
      n,
    }),
  },
  { weight: 1, arbitrary: fc.constant<Incident>({ kind: 'tails-end' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Incident>(
      { kind: 'standby-exit' },
      { kind: 'standby-fails' },
      { kind: 'standby-ignores-kill' },
    ),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('roll'), agent: fc.boolean(), isReload: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scale'), to: fc.integer({ min: 0, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('ignore-term', 'ignore-kill'), n }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail-forks'), count: fc.integer({ min: 1, max: 3 }) }) },
);

const anyEnd: fc.Arbitrary<Incident> = fc.constantFrom<Incident>(
  { kind: 'stop' },
  { kind: 'stop' },
  { kind: 'stop' },
  { kind: 'master-failed' },
);

const anyOpening: fc.Arbitrary<readonly Incident[]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<readonly Incident[]>([{ kind: 'all-ready' }]) },
  fc.constant([]),
);

/** Troubles of a cluster that nobody asks to end; most begin with a good start. */
export const anyTroubles: fc.Arbitrary<readonly Incident[]> = fc
  .tuple(anyOpening, fc.array(anyTrouble, { maxLength: 60 }))
  .map((parts) => parts.flat());

const weighted = (weight: number, ...incidents: readonly fc.Arbitrary<Incident>[]): fc.WeightedArbitrary<Incident> => ({
  weight,
  arbitrary: fc.oneof(...incidents),
});

/** What comes of a cluster that its owners go on changing, and that hardly ever fails: rolls come to their end here. */
export const anyChanges: fc.Arbitrary<readonly Incident[]> = fc
  .array(
    fc.oneof(
      weighted(12, fc.constantFrom<Incident>({ kind: 'all-ready' }, { kind: 'settle' })),
      weighted(3, fc.record({ kind: fc.constant('roll'), agent: fc.boolean(), isReload: fc.boolean() })),
      weighted(2, fc.record({ kind: fc.constant('scale'), to: fc.integer({ min: 1, max: 4 }) })),
      weighted(
        2,
        fc.record({
          kind: fc.constantFrom('ready', 'worn', 'hung', 'answers', 'disconnect', 'exit-late', 'leaving'),
          n,
        }),
      ),
      weighted(
        1,
        fc.record({ kind: fc.constantFrom('crash', 'start-failed', 'unready', 'ignore-term', 'ignore-kill'), n }),
      ),
      weighted(1, fc.record({ kind: fc.constant('jump'), ms: fc.constantFrom(1, 100, 1500, 7000) })),
      weighted(1, fc.constantFrom<Incident>({ kind: 'deadline' }, { kind: 'tails-end' })),
    ),
    { maxLength: 70 },
  )
  .map((changes) => changes.toSpliced(0, 0, { kind: 'all-ready' }));

/** One that survives what happens to it. */
export const lenientPolicy: fc.Arbitrary<Policy> = anyPolicy.map((policy) =>
  Object.assign(policy, { restartLimit: 100_000, checkFailures: 100_000, startupMs: 60_000, backoffMaxMs: 1000 }),
);

/** Troubles, with requests to end among them. */
export const anySchedule: fc.Arbitrary<readonly Incident[]> = fc
  .tuple(
    anyTroubles,
    fc.array(fc.oneof({ weight: 5, arbitrary: anyTrouble }, { weight: 1, arbitrary: anyEnd }), { maxLength: 30 }),
  )
  .map((parts) => parts.flat());

export function happen(world: World, incident: Incident): void {
  if ('n' in incident) {
    const process = world.living[incident.n % Math.max(1, world.living.length)];
    if (process !== undefined) befall(world, process, incident.kind);
    return;
  }
  switch (incident.kind) {
    case 'deadline':
      world.advanceToDeadline();
      return;
    case 'settle':
      return world.settle();
    case 'all-ready':
      return world.allReady();
    case 'tails-end':
      for (const process of world.processes) world.tellExit(process);
      return;
    case 'standby-exit':
      return world.standbys.exitOne();
    case 'standby-fails':
      return world.standbys.failOne();
    case 'standby-ignores-kill':
      return world.standbys.ignoreKill();
    case 'stop':
      return world.tell({ kind: 'stop-requested', signal: 'SIGTERM' });
    case 'master-failed':
      return world.tell({ kind: 'master-failed', message: 'simulated' });
    case 'roll': {
      const launch = incident.isReload ? 1 + world.processes.length : undefined;
      return world.tell({ kind: 'roll-requested', reason: 'simulated', launch, agent: incident.agent });
    }
    case 'scale':
      return world.tell({ kind: 'scale-requested', reason: 'simulated', to: incident.to });
    case 'jump':
      return world.advance(incident.ms);
    case 'fail-forks':
      world.executor.forksToFail = incident.count;
      return;
  }
}

function befall(
  world: World,
  process: SimulatedProcess,
  kind: Extract<Incident, { readonly n: number }>['kind'],
): void {
  switch (kind) {
    case 'unready':
      return world.sayUnready(process);
    case 'ready':
      return world.sayReady(process);
    case 'disconnect':
      return world.disconnect(process);
    case 'exit':
      return world.exit(process);
    case 'exit-late':
      return world.exit(process, false);
    case 'crash':
      world.disconnect(process);
      return world.exit(process);
    case 'start-failed':
    case 'port-taken':
      return world.failStart(process, kind === 'port-taken');
    case 'hung':
      return world.sayHung(process);
    case 'answers':
      return world.sayAnswers(process);
    case 'leaving':
      return world.sayLeaving(process);
    case 'worn':
      return world.tell({ kind: 'child-worn', id: process.id, why: 'is simulated' });
    case 'ignore-term':
      process.ignoresTerm = true;
      return;
    case 'ignore-kill':
      process.ignoresKill = true;
      return;
  }
}
