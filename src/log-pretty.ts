/** A log line for people: `10:04:05.123 WARN  child.exited A process has exited slot=app-0 code=1`. */
export function prettyLine(line: string): string {
  const { level, time, event, msg, name: _name, pid, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(fields).map(([key, value]) => ` ${key}=${show(value)}`);
  const clock = String(time).slice(11, 23);
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${String(pid)} ${String(event)}: ${String(msg)}${details.join('')}\n`;
}

function show(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
}
