import type { ChildSnapshot, Snapshot, StandbySnapshot } from '../health/snapshot.js';

/** A snapshot for people. `now` is the time of day in milliseconds, for ages. */
export function statusText(snapshot: Snapshot, now: number): string {
  const { phase, address, pid, startedAt, children, plan } = snapshot;
  const listening = children.filter(({ slot, state }) => slot !== 'agent' && state === 'ready').length;
  const rows = {
    phase: `${phase}, ${snapshot.ready ? 'ready' : 'not ready'}${snapshot.live ? '' : ', not live'}`,
    address: address ?? 'none yet',
    master: `process ${pid}, for ${age(startedAt, now)}`,
    'app workers': `${listening} of ${snapshot.workers} listen; ready with ${snapshot.minReady}`,
    restarts: `${snapshot.restartsInWindow} in the window; ${snapshot.zombies} zombies`,
  };
  return [
    ...Object.entries(rows).map(([name, text]) => `${name.padEnd(13)}${text}`),
    ...plan.reasons.map((reason, index) => `${(index === 0 ? 'plan' : '').padEnd(13)}${reason}`),
    '',
    ...table([
      HEAD,
      ...children.map((child) => cells(child, now)),
      ...snapshot.standbys.map((standby) => standbyCells(standby, now)),
    ]),
  ].join('\n');
}

const HEAD = ['SLOT', 'PID', 'STATE', 'RESTARTS', 'MEMORY', 'SINCE'];

function cells({ slot, pid, state, restarts, rssBytes, since }: ChildSnapshot, now: number): readonly string[] {
  const shownPid = pid === null ? '-' : String(pid);
  return [slot, shownPid, state, String(restarts), memory(rssBytes), `${since} (${age(since, now)})`];
}

function standbyCells({ pid, state, rssBytes, since }: StandbySnapshot, now: number): readonly string[] {
  return ['standby', String(pid), state, '-', memory(rssBytes), `${since} (${age(since, now)})`];
}

function memory(rssBytes: number | null): string {
  return rssBytes === null ? '-' : `${Math.round(rssBytes / 2 ** 20)} MiB`;
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** In the biggest two units: `3m 12s`. */
function age(since: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(since)) / 1000));
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor);
  const parts = [`${days}d`, `${hours}h`, `${minutes}m`, `${seconds % 60}s`];
  const first = parts.findIndex((part) => !part.startsWith('0'));
  return first === -1 ? '0s' : parts.slice(first, first + 2).join(' ');
}
