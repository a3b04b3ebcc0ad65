/** Reports the tests of a machine over its console: a line for each, behind a mark that tells it from other lines. */
import { inspect } from 'node:util';

export const MARK = 'EGGCUP-TEST ';

/** A test that has run there; the last line is `{ "isEnd": true }`. */
export interface Result {
  readonly name: string;
  readonly ms: number;
  /** What it failed with. */
  readonly error?: string;
  readonly isEnd?: boolean;
}

interface Event {
  readonly type: string;
  readonly data: {
    readonly name: string;
    readonly nesting: number;
    readonly details: { readonly duration_ms: number; readonly error?: Error };
  };
}

export default async function* report(events: AsyncIterable<Event>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.nesting > 0) continue;
    const { name, details } = data;
    const error = details.error === undefined ? {} : { error: inspect(details.error.cause ?? details.error) };
    yield line({ name, ms: Math.round(details.duration_ms), ...error });
  }
  yield line({ name: '', ms: 0, isEnd: true });
}

function line(result: Result): string {
  return `${MARK}${JSON.stringify(result)}\n`;
}

/** The lines of it among those of a console. */
export function parseReport(console: string): readonly Result[] {
  return console
    .split('\n')
    .filter((line) => line.startsWith(MARK))
    .map((line) => JSON.parse(line.slice(MARK.length)) as Result);
}
