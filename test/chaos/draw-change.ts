import * as fc from 'fast-check';
import type { Change, ConfigFile } from './change.js';

const anyFile: fc.Arbitrary<ConfigFile> = fc.record({
  workers: fc.integer({ min: 1, max: 3 }),
  version: fc.integer({ min: 0, max: 2 }),
  flaw: fc.constantFrom('none', 'none', 'none', 'none', 'failing-app', 'failing-app', 'failing-agent', 'invalid'),
});

const anySignal: fc.Arbitrary<Pick<Change, 'signal' | 'file'>> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      signal: fc.constant('SIGHUP' as const),
      file: fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 4, arbitrary: anyFile }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      signal: fc.constantFrom('SIGUSR2', 'SIGUSR2', 'SIGTTIN', 'SIGTTOU', 'SIGTTOU'),
      file: fc.constant(undefined),
    }),
  },
);

const anyRepetition: fc.Arbitrary<Pick<Change, 'times' | 'everyMs'>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ times: 1, everyMs: 0 }) },
  {
    weight: 1,
    arbitrary: fc.record({ times: fc.integer({ min: 2, max: 5 }), everyMs: fc.constantFrom(0, 20, 50, 150) }),
  },
);

/** A planned change, one or a storm of the same. */
export function anyChange(atMs: fc.Arbitrary<number>): fc.Arbitrary<Change> {
  return fc
    .tuple(atMs, anySignal, anyRepetition)
    .map(([at, signal, repetition]) => Object.assign({ kind: 'change' as const, atMs: at }, signal, repetition));
}
