import { medianOf } from '../median.mjs';
import { killAgent } from './acts.mjs';

/** A connection that was handed to a worker which has not counted it yet: Node's round robin waits for its word before the next. */
const ON_ITS_WAY = 1;

const HEAD = [
  '',
  'under',
  'times',
  'requests',
  'failed',
  'by cause',
  'failed at one: median, most',
  'held by those who ended: requests, connections',
  'whole again, ms: median, most',
];

/** All candidates' acts as a table of Markdown: whoever does the same stands together. */
export function tableOf(results) {
  const names = new Set(results.flatMap(({ acts }) => acts.map(({ name }) => name)));
  const rows = [...names].flatMap((name) =>
    results.map(({ candidate, acts }) => rowOf(name, candidate, acts.find((act) => act.name === name)?.samples)),
  );
  return [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What eggcup promises, and whether it was so. */
export function promisesOf(results) {
  const acts = results.filter(({ isOurs }) => isOurs).flatMap(({ acts }) => acts);
  const planned = acts.filter(({ isPlanned }) => isPlanned).flatMap(({ samples }) => samples);
  const agents = acts.filter(({ name }) => name === killAgent.name).flatMap(({ samples }) => samples);
  const ends = acts.flatMap(({ samples }) => samples).filter(({ held }) => held !== undefined);
  const beyond = ends.filter(({ failed, held }) => failed > held.connections + ON_ITS_WAY);
  return {
    planned: promise('planned changes lose no request', planned, sumOf(planned, 'failed')),
    agents: promise('the end of an agent loses no request', agents, sumOf(agents, 'failed')),
    workers: promise(
      'the end of a worker loses no more than one request for each of its connections',
      ends,
      beyond.length,
    ),
  };
}

function rowOf(name, candidate, samples) {
  if (samples === undefined || samples.length === 0) return [name, candidate, ...HEAD.slice(2).map(() => '–')];
  const lost = samples.map(({ failed }) => failed);
  const times = samples.map(({ ms }) => ms);
  return [
    name,
    candidate,
    samples.length,
    sumOf(samples, 'sent'),
    lost.reduce((sum, count) => sum + count, 0),
    causesOf(samples),
    `${medianOf(lost)}, ${Math.max(...lost)}`,
    heldOf(samples),
    name === 'nothing' ? '' : `${medianOf(times).toFixed(0)}, ${Math.max(...times).toFixed(0)}`,
  ];
}

function causesOf(samples) {
  const counts = {};
  for (const { causes } of samples)
    for (const [cause, count] of Object.entries(causes)) counts[cause] = (counts[cause] ?? 0) + count;
  return Object.entries(counts)
    .map(([cause, count]) => `${count} ${cause}`)
    .join(', ');
}

function heldOf(samples) {
  const held = samples.flatMap((it) => it.held ?? []);
  return held.length === 0 ? '' : `${sumOf(held, 'requests')}, ${sumOf(held, 'connections')}`;
}

function promise(name, samples, faults) {
  const told = samples.length === 0 ? 'not tried' : faults === 0 ? 'held' : `broken, ${faults} times`;
  return { name, requests: sumOf(samples, 'sent'), changes: samples.length, isBroken: faults > 0, told };
}

function sumOf(list, name) {
  return list.reduce((sum, it) => sum + it[name], 0);
}
