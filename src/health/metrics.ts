import type { ChildSnapshot, Snapshot, StandbySnapshot } from './snapshot.js';

/** The media type of what `renderMetrics` returns. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: readonly (readonly [Labels, number | null])[];
}

const MIB = 2 ** 20;
const PHASES = ['starting', 'running', 'reloading', 'stopping'] as const;
const STATES = ['gate', 'starting', 'ready', 'stopping', 'down'] as const;

/**
 * A snapshot in Prometheus' text format 0.0.4. Units are base units; what the container does not tell is left out. Label
 * values are words of ours, so none needs an escape. No label is a pid: each restart would make a new time series.
 */
export function renderMetrics(snapshot: Snapshot): string {
  return [...families(snapshot)].flatMap(linesOf).join('');
}

function* families(snapshot: Snapshot): Generator<Family> {
  yield* ofCluster(snapshot);
  yield* ofPlan(snapshot);
  yield* ofChildren(snapshot.children);
}

function* ofCluster(snapshot: Snapshot): Generator<Family> {
  const { phase, children } = snapshot;
  yield gauge('eggcup_started', 'Whether all app workers have listened once.', Number(snapshot.started));
  yield gauge('eggcup_ready', 'Whether the cluster takes traffic.', Number(snapshot.ready));
  yield gauge('eggcup_live', 'Whether the master works.', Number(snapshot.live));
  yield {
    name: 'eggcup_phase',
    type: 'gauge',
    help: 'The phase of the cluster: 1 for the present one.',
    samples: PHASES.map((name) => [{ phase: name }, Number(name === phase)]),
  };
  yield gauge('eggcup_start_time_seconds', 'When the master began, in Unix time.', unixTime(snapshot.startedAt));
  yield gauge('eggcup_app_workers_ready', 'App workers that listen.', countOf(children, 'app', 'ready'));
  yield gauge('eggcup_app_workers_min_ready', 'App workers that must listen to be ready.', snapshot.minReady);
  yield* ofStandbys(snapshot.standbys);
  yield gauge('eggcup_restarts_in_window', 'Crashes within restart.duration.', snapshot.restartsInWindow);
  yield gauge('eggcup_zombies', 'Children that have ended and were not reaped.', snapshot.zombies);
}

function* ofStandbys(standbys: readonly StandbySnapshot[]): Generator<Family> {
  const waiting = standbys.filter(({ state }) => state === 'waiting').length;
  yield gauge('eggcup_standbys', 'Processes that wait for the place of an app worker.', waiting);
  const memory = standbys.length === 0 ? 0 : memoryOf(standbys);
  yield gauge('eggcup_standby_resident_memory_bytes', 'Resident memory of the processes on standby.', memory);
}

function* ofPlan({ plan, workers, container }: Snapshot): Generator<Family> {
  const heap = plan.heapMiB === null ? null : plan.heapMiB * MIB;
  yield gauge('eggcup_app_workers_planned', 'App workers that there should be.', workers);
  yield gauge('eggcup_app_worker_heap_limit_bytes', "The limit of each app worker's JavaScript heap.", heap);
  yield gauge('eggcup_container_cpu_quota_cores', 'CPUs that the cgroup grants.', container.cpuQuota);
  yield gauge('eggcup_container_cpuset_cores', 'CPUs that the container may run on.', container.cpuset);
  yield gauge('eggcup_container_memory_limit_bytes', 'Memory that the cgroup grants.', container.memoryLimitBytes);
}

function* ofChildren(children: readonly ChildSnapshot[]): Generator<Family> {
  yield {
    name: 'eggcup_children',
    type: 'gauge',
    help: 'Processes by role and state; a slot without a process counts as down.',
    samples: (['agent', 'app'] as const).flatMap((role) =>
      STATES.map((state): [Labels, number] => [{ role, state }, countOf(children, role, state)]),
    ),
  };
  const slots = bySlot(children);
  yield {
    name: 'eggcup_child_restarts_total',
    type: 'counter',
    help: 'How often the process of a slot was replaced.',
    samples: slots.map(([slot, [current]]) => [{ slot }, current.restarts]),
  };
  yield {
    name: 'eggcup_messages_dropped_total',
    type: 'counter',
    help: 'Messages that did not get to the processes of a slot: they did not read, or were gone.',
    samples: slots.map(([slot, [current]]) => [{ slot }, current.messagesDropped]),
  };
  yield {
    name: 'eggcup_child_state_timestamp_seconds',
    type: 'gauge',
    help: 'When the current process of a slot came into its state, in Unix time.',
    samples: slots.map(([slot, [current]]) => [{ slot }, unixTime(current.since)]),
  };
  yield {
    name: 'eggcup_child_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the processes of a slot: two while one is replaced.',
    samples: slots.map(([slot, processes]) => [{ slot }, memoryOf(processes)]),
  };
}

function gauge(name: string, help: string, value: number | null): Family {
  return { name, type: 'gauge', help, samples: [[{}, value]] };
}

function countOf(children: readonly ChildSnapshot[], role: 'agent' | 'app', state: string): number {
  return children.filter((child) => (child.slot === 'agent') === (role === 'agent') && child.state === state).length;
}

/** The current process of each slot first, as the snapshot has them. */
function bySlot(
  children: readonly ChildSnapshot[],
): readonly (readonly [string, readonly [ChildSnapshot, ...ChildSnapshot[]]])[] {
  const slots = new Map<string, [ChildSnapshot, ...ChildSnapshot[]]>();
  for (const child of children) {
    const known = slots.get(child.slot);
    if (known === undefined) slots.set(child.slot, [child]);
    else known.push(child);
  }
  return [...slots];
}

function memoryOf(processes: readonly Pick<ChildSnapshot, 'rssBytes'>[]): number | null {
  const known = processes.flatMap(({ rssBytes }) => rssBytes ?? []);
  return known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0);
}

function unixTime(time: string): number {
  return Date.parse(time) / 1000;
}

/** Nothing at all of a family without a value: a HELP alone would say that there is one. */
function linesOf({ name, type, help, samples }: Family): readonly string[] {
  const lines = samples.flatMap(([labels, value]) => (value === null ? [] : [`${name}${textOf(labels)} ${value}\n`]));
  return lines.length === 0 ? [] : [`# HELP ${name} ${help}\n`, `# TYPE ${name} ${type}\n`, ...lines];
}

function textOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
