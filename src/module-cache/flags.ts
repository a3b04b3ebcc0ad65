import { Script } from 'node:vm';

/**
 * V8 takes a code cache only with the flags with which it was made, whose hash is a word of the cache's header. With Node 20 and 22 the limit of the
 * heap is one of them, though no code depends on it, and eggcup derives it from the container's memory. So headers are compared as without a
 * limit, and code that is used gets the word of this process. A limit that is set for a moment has no effect: V8 has read it
 * when it made its heap, and reads it again only for a new worker thread.
 */

const HEAP = /^--max[-_]old[-_]space[-_]size/;
/** Magic number, V8's version, the source and the flags: as long as there are code caches. */
const HEADER_WORDS = 4;
const WORD_BYTES = 4;

/** The beginning of a code cache's header, without a limit of the heap. */
export interface CodeHeader {
  readonly words: readonly number[];
  /** Which of them the limit of the heap changes; `null` for none. */
  readonly limited: number | null;
}

/** How a process is started, as far as Node.js is concerned. */
export interface NodeStart {
  readonly env: NodeJS.ProcessEnv;
  readonly execArgv: readonly string[];
}

/** What a process, by default this one, is started with, but for what says nothing about modules or code. */
export function optionsThatMatter(start: NodeStart = process): readonly string[] {
  const variables = ['NODE_PATH', 'NODE_PRESERVE_SYMLINKS'].flatMap((name) => {
    const value = start.env[name];
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const options = optionsOfNode(start).filter((option) => !HEAP.test(option) && !option.startsWith('--inspect'));
  return [...variables, ...options];
}

/** Those of the environment come first, as for Node. */
function optionsOfNode({ env, execArgv }: NodeStart): readonly string[] {
  const fromEnvironment = (env['NODE_OPTIONS'] ?? '').split(' ').filter((word) => word !== '');
  return [...fromEnvironment, ...execArgv];
}

/** `undefined` where it can't be found out. */
export function readCodeHeader(): CodeHeader | undefined {
  return withHeapLimits((setLimit) => {
    setLimit(0);
    const words = header();
    setLimit(1);
    const other = header();
    const differing = words.flatMap((word, index) => (word === other[index] ? [] : [index]));
    return differing.length > 1 ? undefined : { words, limited: differing[0] ?? null };
  });
}

/** Makes code that was kept with this header fit for this process; `undefined` when V8 would refuse it for more than the limit of the heap. */
export function fitTo({ words, limited }: CodeHeader): ((code: Buffer) => void) | undefined {
  const without = withHeapLimits((setLimit) => {
    setLimit(0);
    return header();
  });
  if (without?.join() !== words.join()) return undefined;
  const own = limited === null ? undefined : header()[limited];
  if (limited === null || own === undefined) return () => undefined;
  return (code) => void code.writeUInt32LE(own, limited * WORD_BYTES);
}

/** Lets `act` set the limit, and sets it back; `undefined` where nobody knows to what. */
function withHeapLimits<T>(act: (setLimit: (mebibytes: number) => void) => T): T | undefined {
  const given = optionsOfNode(process).filter((option) => HEAP.test(option));
  const limits = given.map((option) => /^[^=]*size=(\d+)$/.exec(option)?.[1]);
  if (limits.includes(undefined)) return undefined;
  // Only for who has a cache.
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const setLimit = (mebibytes: number): void => setFlagsFromString(`--max-old-space-size=${mebibytes}`);
  try {
    return act(setLimit);
  } finally {
    setLimit(Number(limits.at(-1) ?? 0));
  }
}

function header(): readonly number[] {
  const bytes = new Script('0').createCachedData();
  return Array.from({ length: HEADER_WORDS }, (_, index) => bytes.readUInt32LE(index * WORD_BYTES));
}
