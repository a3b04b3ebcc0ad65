import * as fc from 'fast-check';
import { anyChange } from './draw-change.js';
import type { Behaviour, Fault, Schedule, Setup, Stop, Target } from './schedule.js';

/** The schedule of one run: same seed and run, same schedule. Runs are independent, so that each is replayed alone. */
export function drawSchedule(seed: number, run: number): Schedule {
  const [drawn] = fc.sample(anySchedule, { seed: mixed(seed, run), numRuns: 1, unbiased: true });
  // By itself, so that what was found by a seed before is still found by it.
  const [listen] = fc.sample(anyListen, { seed: mixed(run, seed), numRuns: 1, unbiased: true });
  const [standby] = fc.sample(anyStandby, { seed: mixed(run + 1, seed), numRuns: 1, unbiased: true });
  if (drawn === undefined || listen === undefined || standby === undefined)
    throw new Error(`nothing was drawn from seed ${seed}, run ${run}`);
  return { ...drawn, setup: { ...drawn.setup, listen, standby } };
}

/** Neighbours must have nothing in common: multiplied by odd numbers and folded, as hashes do (Knuth, MurmurHash3). */
function mixed(seed: number, run: number): number {
  let hash = Math.imul(seed, 0x9e3779b1) ^ Math.imul(run + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}

const anyListen = fc.constantFrom<Setup['listen'][]>(
  'roundRobin',
  'roundRobin',
  'shared',
  'address',
  'header:x-client',
);

const anyStandby = fc.constantFrom(0, 0, 1, 1, 2);

const rarely = fc.integer({ min: 1, max: 8 }).map((n) => n === 1);

const anyBehaviour: fc.Arbitrary<Behaviour> = fc.record({
  startMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 50, max: 900 }) },
  ),
  throwsAt: fc.oneof(
    { weight: 3, arbitrary: fc.constant<number[]>([]) },
    { weight: 1, arbitrary: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom([0], [2], [3, 4, 5, 6, 7, 8, 9]) },
  ),
  flood: rarely,
  stubborn: rarely,
});

const anySetup: fc.Arbitrary<Setup> = fc.integer({ min: 1, max: 3 }).chain((workers) =>
  fc.record({
    role: fc.constantFrom('pid1', 'child'),
    program: fc.integer({ min: 1, max: 12 }).map((n) => (n === 1 ? 'egg' : 'script')),
    workers: fc.constant(workers),
    minReady: fc.integer({ min: 1, max: workers }),
    agent: fc.constantFrom('none', 'loaded', 'loaded', 'message'),
    appReady: fc.constantFrom('listening', 'listening', 'message'),
    http: fc.boolean(),
    parallel: fc.constantFrom<Setup['parallel']>('auto', 1),
    restartLimit: fc.constantFrom(1, 2, 4, 60, 60, 60),
    failures: fc.constantFrom(1, 2, 3, 20),
    startupMs: fc.constantFrom(10_000, 10_000, 10_000, 1500),
    delayMs: fc.constantFrom(0, 0, 400),
    listen: fc.constant<Setup['listen']>('roundRobin'),
    standby: fc.constant(0),
    traffic: fc.boolean(),
    smallDisk: fc.constantFrom(true, false, false),
    appBehaviour: fc.tuple(anyBehaviour, rarely).map(([behaviour, family]) => Object.assign({ family }, behaviour)),
    agentBehaviour: anyBehaviour,
  }),
);

const anyN = fc.integer({ min: 0, max: 5 });
const anyChild: fc.Arbitrary<Target> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Target>({ kind: 'agent' }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('app'), n: anyN }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('any'), n: anyN }) },
);
const seconds: fc.Arbitrary<Target> = fc.record({ kind: fc.constantFrom('successor', 'predecessor') });
const master: fc.Arbitrary<Target> = fc.constant({ kind: 'master' });

/** The boot takes about half a second, and so does a restart. */
const anyTime = fc.integer({ min: 0, max: 1800 });

/** What a child's program does on the last five is in test/fixtures/chaos. */
const TO_CHILD: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGTERM', 'SIGINT'].concat([
  'SIGUSR2',
  'SIGUSR2',
  'SIGALRM',
  'SIGURG',
  'SIGHUP',
  'SIGWINCH',
]) as NodeJS.Signals[];
const TO_MASTER: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGKILL', 'SIGKILL'].concat([
  'SIGALRM',
]) as NodeJS.Signals[];

/** Rarely so long that `live` is taken away meanwhile. */
const anyMasterPause = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 10, max: 900 }) },
  { weight: 1, arbitrary: fc.constant(4500) },
);

const anyFault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 12, arbitrary: signalTo(anyChild, TO_CHILD) },
  { weight: 1, arbitrary: signalTo(master, TO_MASTER) },
  { weight: 3, arbitrary: pause(anyChild, fc.oneof(fc.integer({ min: 10, max: 900 }), fc.constant(null))) },
  { weight: 1, arbitrary: pause(master, anyMasterPause) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('fill', 'exhaust'),
      atMs: anyTime,
      forMs: fc.integer({ min: 100, max: 2000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('storm'),
      atMs: anyTime,
      forMs: fc.integer({ min: 0, max: 600 }),
      everyMs: fc.constantFrom(20, 50, 150),
      to: fc.constantFrom('agent', 'app', 'any'),
      signal: fc.constantFrom(...TO_CHILD),
    }),
  },
);

/** They wait for a roll, or never come. */
const anyAmbush: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: signalTo(seconds, TO_CHILD) },
  { weight: 1, arbitrary: pause(seconds, fc.oneof(fc.integer({ min: 10, max: 900 }), fc.constant(null))) },
);

function signalTo(target: fc.Arbitrary<Target>, signals: readonly NodeJS.Signals[]): fc.Arbitrary<Fault> {
  return fc.record({ kind: fc.constant('signal'), atMs: anyTime, target, signal: fc.constantFrom(...signals) });
}

function pause(target: fc.Arbitrary<Target>, forMs: fc.Arbitrary<number | null>): fc.Arbitrary<Fault> {
  return fc.record({ kind: fc.constant('pause'), atMs: anyTime, target, forMs });
}

const anyStop: fc.Arbitrary<Stop> = fc.record({
  atMs: fc.integer({ min: 400, max: 1600 }),
  settles: fc.constantFrom(true, false, false),
  signals: fc.array(
    fc.record({
      signal: fc.constantFrom('SIGTERM', 'SIGTERM', 'SIGINT', 'SIGQUIT'),
      afterMs: fc.constantFrom(0, 30, 100, 400, 1200),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

const anyChanges = fc.array(anyChange(anyTime), { minLength: 1, maxLength: 4, size: 'max' });

/** Faults alone, planned changes among them, or those alone: then nothing at all may be lost. */
const anyFaults: fc.Arbitrary<{ readonly faults: readonly Fault[]; readonly isPeaceful: boolean }> = fc.oneof(
  { weight: 3, arbitrary: someFaults(7).map((faults) => ({ faults, isPeaceful: false })) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(someFaults(4), anyChanges, fc.array(anyAmbush, { maxLength: 2, size: 'max' }))
      .map((parts) => ({ faults: parts.flat(), isPeaceful: false })),
  },
  { weight: 2, arbitrary: anyChanges.map((faults) => ({ faults, isPeaceful: true })) },
);

function someFaults(maxLength: number): fc.Arbitrary<readonly Fault[]> {
  return fc.array(anyFault, { maxLength, size: 'max' });
}

const anySchedule: fc.Arbitrary<Schedule> = fc
  .record({
    setup: anySetup,
    from: fc.constantFrom<Schedule['from']>('start', 'ready', 'ready'),
    doings: anyFaults,
    stop: anyStop,
  })
  .map(({ setup, from, doings: { faults, isPeaceful }, stop }) => ({
    setup: isPeaceful ? inPeace(setup) : setup,
    from,
    stop: isPeaceful ? { ...stop, settles: true } : stop,
    faults: faults.filter(({ kind }) => canBeDone(kind, setup, from)).toSorted((one, other) => one.atMs - other.atMs),
  }));

/** The same with programs that do nothing wrong, and clients that would notice. */
function inPeace(setup: Setup): Setup {
  const { appBehaviour, agentBehaviour } = setup;
  const well = { throwsAt: [], flood: false, stubborn: false };
  return {
    ...setup,
    traffic: true,
    appBehaviour: { ...appBehaviour, ...well },
    agentBehaviour: { ...agentBehaviour, ...well },
  };
}

/** Without a descriptor a boot can't even load its modules: that is no more than an exit of 70, said on standard error. */
function canBeDone(kind: Fault['kind'], { smallDisk }: Setup, from: Schedule['from']): boolean {
  if (kind === 'fill') return smallDisk;
  return kind !== 'exhaust' || from === 'ready';
}
