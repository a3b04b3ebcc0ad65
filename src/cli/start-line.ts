/** How a line of a shell starts a program with node: `NODE_ENV=production node --no-warnings server.js --port $PORT`. */
export interface StartLine {
  readonly program: string;
  /** As a config writes them: `$PORT` is `${PORT:-}`. So are `args` and `env`. */
  readonly options: readonly string[];
  readonly args: readonly string[];
  /** What the line sets before it, but for PORT. */
  readonly env: Readonly<Record<string, string>>;
  /** `PORT=8080 node …`. */
  readonly port: string | undefined;
  /** What means something to the shell, or to a developer, and nothing in a config. */
  readonly left: readonly string[];
}

/** Of several commands in a line the last one is the server: `node migrate.js && node server.js`. */
export function parseStartLine(line: string): StartLine | undefined {
  // Not the & of `2>&1` and `&>`.
  const commands = line.split(/&&|\|\||[;|]|(?<![>&])&(?![>&])/).map((command) => wordsOf(command));
  return commands.map(startIn).findLast((start) => start !== undefined);
}

interface Word {
  /** As it stands in the line. */
  readonly raw: string;
  /** As a config writes it; `undefined` for what only a shell can do: `$(date)`. */
  readonly text: string | undefined;
}

function startIn(all: readonly Word[]): StartLine | undefined {
  const { words, left } = withoutRedirections(all);
  const node = words.findIndex(({ raw }) => /^(?:.*\/)?node$/.test(raw));
  if (node === -1) return undefined;
  let index = node + 1;
  while (words[index]?.raw.startsWith('-') === true) index += TAKES_A_WORD.test(words[index]?.raw ?? '') ? 2 : 1;
  const program = words[index]?.text;
  if (program === undefined) return undefined;
  const options = optionsOf(words.slice(node + 1, index));
  const args = words.slice(index + 1);
  const before = words.slice(0, node).filter(({ text }) => text === undefined || assignmentIn(text).length > 0);
  const isKept = ({ text }: Word): boolean => text !== undefined && assignmentIn(text).every((one) => isSetting(one));
  const set = before.filter(isKept).flatMap(({ text }) => assignmentIn(text));
  const port = set.find(([name]) => name === 'PORT')?.[1];
  return {
    program,
    options: textsOf(options.kept),
    args: textsOf(args),
    env: Object.fromEntries(set.filter(([name]) => name !== 'PORT')),
    port,
    left: [
      ...[...before.filter((word) => !isKept(word)), ...options.left, ...unknownAmong([...options.kept, ...args])].map(
        ({ raw }) => raw,
      ),
      ...left,
    ],
  };
}

/** Options of Node.js whose value may be the next word. */
const TAKES_A_WORD =
  /^(?:-r|-C|--require|--import|--loader|--experimental-loader|--conditions|--env-file|--env-file-if-exists|--title|--input-type|--icu-data-dir|--openssl-config|--redirect-warnings|--disable-warning|--inspect-port|--watch-path)$/;

/** For developing: a supervised worker neither watches files nor waits for a debugger, and four of them can't have one port for it. */
const FOR_DEVELOPERS = /^--(?:watch|inspect|debug|test)(?:-[a-z-]+)?(?:=|$)/;

function optionsOf(words: readonly Word[]): { readonly kept: readonly Word[]; readonly left: readonly Word[] } {
  const isLeft = words.map(({ raw }, index) => {
    const before = words[index - 1]?.raw ?? '';
    return FOR_DEVELOPERS.test(raw) || (TAKES_A_WORD.test(before) && FOR_DEVELOPERS.test(before));
  });
  return { kept: words.filter((_, index) => isLeft[index] !== true), left: words.filter((_, index) => isLeft[index]) };
}

/** `> log.txt`, `2>&1`: what the server writes is the container's log. */
function withoutRedirections(all: readonly Word[]): {
  readonly words: readonly Word[];
  readonly left: readonly string[];
} {
  const words: Word[] = [];
  const left: string[] = [];
  for (let index = 0; index < all.length; index += 1) {
    const word = all[index];
    if (word === undefined) break;
    const target = /^(?:\d*|&)(?:>>?|<)(&?.*)$/.exec(word.raw)?.[1];
    if (target === undefined) words.push(word);
    else left.push(target === '' ? `${word.raw} ${all[(index += 1)]?.raw ?? ''}`.trimEnd() : word.raw);
  }
  return { words, left };
}

/** A port that is yet to be found out is for `app.port` to say, and Node's options are options. */
function isSetting([name, value]: readonly [string, string]): boolean {
  if (name === 'PORT') return /^\d+$/.test(value);
  return name !== 'NODE_OPTIONS' || !value.split(/\s+/).some((option) => FOR_DEVELOPERS.test(option));
}

function assignmentIn(text: string | undefined): readonly (readonly [string, string])[] {
  const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text ?? '') ?? [];
  return name === undefined || value === undefined ? [] : [[name, value]];
}

function textsOf(words: readonly Word[]): readonly string[] {
  return words.flatMap(({ text }) => text ?? []);
}

function unknownAmong(words: readonly Word[]): readonly Word[] {
  return words.filter(({ text }) => text === undefined);
}

/** As a shell parts them, as far as quotes go. */
function wordsOf(command: string): readonly Word[] {
  return [...command.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([raw]) => ({ raw, text: textOf(raw) }));
}

function textOf(raw: string): string | undefined {
  const parts = [...raw.matchAll(/'([^']*)'|"([^"]*)"|[^"']+/g)].map(([all, single, double]) =>
    single === undefined ? expanded(double ?? all) : single.replaceAll('$', '$$$$'),
  );
  return parts.includes(undefined) ? undefined : parts.join('');
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
