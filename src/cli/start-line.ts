import { posix } from 'node:path';
import { assignmentsIn, FOR_DEVELOPERS } from './assignments.js';
import { type Command, commandsOf, type Word, written } from './shell-line.js';

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
  const commands = commandsOf(line);
  const starts = commands.map((command) => startIn(command));
  const index = starts.findLastIndex((start) => start !== undefined);
  const start = starts[index];
  const { folder = '', moves = [] } = commands[index] ?? {};
  if (start === undefined) return undefined;
  const others = commands.filter((_, other) => other !== index).map(written);
  // Its working directory is another one: that is for `app.baseDir` to say.
  return { ...start, program: posix.join(folder, start.program), left: [...moves, ...others, ...start.left] };
}

function startIn({ words, redirections, exported }: Command): StartLine | undefined {
  const node = words.findIndex(({ raw }) => /^(?:.*\/)?node$/.test(raw));
  if (node === -1) return undefined;
  let index = node + 1;
  while (words[index]?.raw.startsWith('-') === true) index += TAKES_A_WORD.test(words[index]?.raw ?? '') ? 2 : 1;
  const program = words[index]?.text;
  if (program === undefined) return undefined;
  const options = optionsOf(words.slice(node + 1, index));
  const args = words.slice(index + 1);
  const before = assignmentsIn([...exported, ...words.slice(0, node)]);
  return {
    program,
    options: textsOf(options.kept),
    args: textsOf(args),
    env: before.env,
    port: before.port,
    left: [
      ...[...before.left, ...options.left, ...unknownAmong([...options.kept, ...args])].map(({ raw }) => raw),
      ...redirections,
    ],
  };
}

/** Options of Node.js whose value may be the next word. */
const TAKES_A_WORD =
  /^(?:-r|-C|--require|--import|--loader|--experimental-loader|--conditions|--stack-size|--env-file|--env-file-if-exists|--title|--input-type|--icu-data-dir|--openssl-config|--redirect-warnings|--disable-warning|--inspect-port|--watch-path)$/;

function optionsOf(words: readonly Word[]): { readonly kept: readonly Word[]; readonly left: readonly Word[] } {
  const isLeft = words.map(({ raw }, index) => {
    const before = words[index - 1]?.raw ?? '';
    return FOR_DEVELOPERS.test(raw) || (TAKES_A_WORD.test(before) && FOR_DEVELOPERS.test(before));
  });
  return { kept: words.filter((_, index) => isLeft[index] !== true), left: words.filter((_, index) => isLeft[index]) };
}

function textsOf(words: readonly Word[]): readonly string[] {
  return words.flatMap(({ text }) => text ?? []);
}

function unknownAmong(words: readonly Word[]): readonly Word[] {
  return words.filter(({ text }) => text === undefined);
}
