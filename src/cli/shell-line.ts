import { posix } from 'node:path';

/** A word of a shell's command. */
export interface Word {
  /** As it stands in the line. */
  readonly raw: string;
  /** As a config writes it; `undefined` for what only a shell can do: `$(date)`. */
  readonly text: string | undefined;
}

/** One of the commands of a line. */
export interface Command {
  readonly words: readonly Word[];
  /** `> log.txt`, `2>&1`: what a server writes is the container's log. */
  readonly redirections: readonly string[];
  /** Where `cd` has led to before, from where it began; `undefined` where only a shell knows. */
  readonly folder: string | undefined;
  /** Each `cd` before. */
  readonly moves: readonly string[];
  /** What `export` has set before. */
  readonly exported: readonly Word[];
}

const OPERATOR = /&&|\|\||[;|&\n]/y;
const BLANK = /[^\S\n]+|#.*/y;
const REDIRECTION = /(?:\d*|&)(?:>>?|<)(?:&(?:\d+|-))?/y;
const WORD = /(?:\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*"|\$\([^)]*\)|\$\{[^}]*\}|`[^`]*`|[^\s;|&<>])+/y;

/** Parts a line as a shell does, as far as quotes, escapes, redirections and lists of commands go. */
export function commandsOf(line: string): readonly Command[] {
  const commands: Command[] = [];
  const exported: Word[] = [];
  const moves: string[] = [];
  let folder: string | undefined = '.';
  for (const { words, redirections } of parted(line)) {
    const [first, second] = words;
    if (first?.raw === 'cd') {
      moves.push(written({ words, redirections }));
      folder = folder === undefined ? undefined : folderAfter(folder, second?.text);
    } else if (first?.raw === 'export') exported.push(...words.slice(1));
    else if (words.length > 0)
      commands.push({ words, redirections, folder, moves: [...moves], exported: [...exported] });
  }
  return commands;
}

/** Absolute ones, home and variables are of the machine that the line was written for. */
function folderAfter(folder: string, to: string | undefined): string | undefined {
  return to === undefined || /^[/~-]|\$/.test(to) ? undefined : posix.join(folder, to);
}

/** As it was written, with single blanks. */
export function written({ words, redirections }: Pick<Command, 'words' | 'redirections'>): string {
  return [...words.map(({ raw }) => raw), ...redirections].join(' ');
}

function parted(line: string): readonly Pick<Command, 'words' | 'redirections'>[] {
  const commands = [{ words: [] as Word[], redirections: [] as string[] }];
  let index = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = index;
    const found = pattern.exec(line)?.[0];
    index += found?.length ?? 0;
    return found;
  };
  while (index < line.length) {
    const current = commands.at(-1);
    if (take(BLANK) !== undefined) continue;
    const redirection = take(REDIRECTION);
    if (redirection !== undefined) {
      const gap = redirection.includes('&', 1) ? undefined : (take(BLANK) ?? '');
      const target = gap === undefined ? '' : (take(WORD) ?? '');
      current?.redirections.push(`${redirection}${gap === undefined || gap === '' ? '' : ' '}${target}`);
    } else if (take(OPERATOR) !== undefined) commands.push({ words: [], redirections: [] });
    else {
      // What is no word is an open quote, say: it stands for itself.
      const raw = take(WORD) ?? line.slice(index, (index += 1));
      current?.words.push({ raw, text: textOf(raw) });
    }
  }
  return commands;
}

function textOf(raw: string): string | undefined {
  const parts = [...raw.matchAll(/'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|[^'"\\]+/g)].map(
    ([all, single, double, escaped]) => {
      const literally = single ?? escaped;
      if (literally !== undefined) return literal(literally);
      return double === undefined ? expanded(all) : quoted(double);
    },
  );
  return parts.includes(undefined) ? undefined : parts.join('');
}

/** In double quotes, where a backslash means something before few. */
function quoted(text: string): string | undefined {
  const parts = [...text.matchAll(/\\(["\\$`])|(?:[^\\]|\\(?!["\\$`]))+/g)].map(([all, escaped]) =>
    escaped === undefined ? expanded(all) : literal(escaped),
  );
  return parts.includes(undefined) ? undefined : parts.join('');
}

/** As a config writes it: a `$` may begin a variable. */
export function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** What the shell would put in, eggcup does: a variable that is not set is empty. `undefined` for what it has no word for. */
function expanded(text: string): string | undefined {
  const others = text.replaceAll(/\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::[-?][^${}]*)?\})/g, '');
  if (/[`$]/.test(others)) return undefined;
  return text.replaceAll(
    /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/g,
    (_, bare: string, braced: string) => `\${${bare ?? braced}:-}`,
  );
}
