import type { Word } from './shell-line.js';

/** What a command of a shell sets for itself: `NODE_ENV=production PORT=8080 node …`, also behind `cross-env`. */
export interface Assignments {
  /** Without PORT. */
  readonly env: Readonly<Record<string, string>>;
  readonly port: string | undefined;
  /** What has no place in a config. */
  readonly left: readonly Word[];
}

/** For developing: a supervised worker neither watches files nor waits for a debugger, and four of them can't have one port for it. */
export const FOR_DEVELOPERS = /^--(?:watch|inspect|debug|test)(?:-[a-z-]+)?(?:=|$)/;

/** Those among the words that stand before a program. */
export function assignmentsIn(words: readonly Word[]): Assignments {
  const before = words.filter(({ text }) => text === undefined || assignmentIn(text).length > 0);
  const isKept = ({ text }: Word): boolean => text !== undefined && assignmentIn(text).every((one) => isSetting(one));
  const set = before.filter(isKept).flatMap(({ text }) => assignmentIn(text));
  return {
    env: Object.fromEntries(set.filter(([name]) => name !== 'PORT')),
    port: set.find(([name]) => name === 'PORT')?.[1],
    left: before.filter((word) => !isKept(word)),
  };
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
