import type { LogLine } from '../helpers/cluster.js';
import { drawSchedule } from './draw.js';
import { brokenPromises } from './invariants.js';
import type { Observation } from './observation.js';
import { runSchedule } from './run.js';
import { show } from './schedule.js';
import { longestGap } from './timeline.js';

const LINES_SHOWN = 60;

export interface Tried {
  /** What is wrong, with all that is needed to find out why; `undefined` when nothing is. */
  readonly failure: string | undefined;
  readonly code: string;
  readonly details: string;
}

/** One run, by its seed and number, judged. */
export async function tryRun(seed: number, run: number): Promise<Tried> {
  const schedule = drawSchedule(seed, run);
  const title = `seed ${seed}, run ${run}`;
  const replay = `replay: npm run chaos -- --seed ${seed} --run ${run}`;
  let observation: Observation;
  try {
    observation = await runSchedule(schedule);
  } catch (error) {
    const failure = [
      `✖ ${title} could not be done`,
      show(schedule),
      error instanceof Error ? error.stack : error,
      replay,
    ];
    return { failure: failure.join('\n'), code: 'none', details: '' };
  }
  const broken = brokenPromises(observation, schedule.setup);
  const code = String(observation.end?.code ?? 'none');
  const details = [
    `${title}:`,
    show(schedule),
    ...showObservation(observation),
    ...observation.output.trimEnd().split('\n').flatMap(showLine).slice(-LINES_SHOWN),
  ].join('\n');
  if (broken.length === 0) return { failure: undefined, code, details };
  const wrong = broken.map((text) => `✖ ${text}`);
  return { failure: [`✖ ${details}`, ...wrong, replay].join('\n'), code, details };
}

function showObservation(seen: Observation): readonly string[] {
  const { deliveries, end, samples, traffic } = seen;
  return [
    ...deliveries.map(({ at, signal, kind, pid, isHeard }) => {
      return `  done at ${Math.round(at)} ms: ${signal} to ${kind} (pid ${pid})${isHeard ? '' : ', too early to be heard for certain'}`;
    }),
    `  ended at ${Math.round(end?.at ?? 0)} ms with ${end?.code ?? 'nothing'}; ${samples.length} samples, the longest gap ${Math.round(longestGap(seen))} ms; ${traffic.answered} requests answered, ${traffic.lost.length} lost`,
  ];
}

/** A line that the master or a program printed, without what says nothing here. */
function showLine(line: string): readonly string[] {
  if (!line.startsWith('{') || !line.endsWith('}')) return [`  | ${line}`];
  const { time, event, level: _level, name: _name, msg: _msg, ...fields } = JSON.parse(line) as LogLine;
  if (event === 'cfork' || event === 'boot') return [];
  return [`  | ${String(time).slice(11)} ${event} ${JSON.stringify(fields)}`];
}
