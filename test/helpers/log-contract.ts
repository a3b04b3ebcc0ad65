/** docs/log-events.md as a contract: each line that a test's master logs has the level and the fields that are listed there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Listed {
  readonly levels: readonly string[];
  readonly fields: readonly string[];
  /** More may follow: `why`, and what is known of it. */
  readonly isOpen: boolean;
}

const page = readFileSync(fileURLToPath(new URL('../../../docs/log-events.md', import.meta.url)), 'utf8');
const LISTED: ReadonlyMap<string, Listed> = new Map(
  [...page.matchAll(/^\| `([\w.-]+)` \| ([a-z, ]+) \| .* \| ([^|]*) \|$/gm)].map(
    ([, event = '', levels = '', fields = '']) => [
      event,
      {
        levels: levels.split(', '),
        fields: [...fields.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
        isOpen: /, and what is known of it| and those of /.test(fields),
      },
    ],
  ),
);

const ON_EVERY_LINE: ReadonlySet<string> = new Set(['level', 'time', 'name', 'event', 'msg']);

export function assertLogIsAsListed(lines: readonly { readonly event: string; readonly level: string }[]): void {
  for (const line of lines) {
    const listed = LISTED.get(line.event);
    assert.ok(listed, `docs/log-events.md lists no ${line.event}: ${JSON.stringify(line)}`);
    assert.ok(
      listed.levels.includes(line.level),
      `docs/log-events.md, level of ${line.event}: ${JSON.stringify(line)}`,
    );
    const others = Object.keys(line).filter((name) => !ON_EVERY_LINE.has(name) && !listed.fields.includes(name));
    if (!listed.isOpen)
      assert.deepEqual(others, [], `docs/log-events.md, fields of ${line.event}: ${JSON.stringify(line)}`);
  }
}
