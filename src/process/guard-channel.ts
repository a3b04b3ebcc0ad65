import type { ChildProcess } from 'node:child_process';

interface ChannelHandle {
  onread: (this: unknown, ...args: unknown[]) => unknown;
}

/**
 * Keeps a line on a child's channel that is no JSON (a child can write to its descriptor itself) from being an uncaught
 * exception of the master, where Node throws it. Node has no public place for this; where its handle can't be found,
 * nothing is changed.
 */
export function guardChannel(child: ChildProcess, onUnreadable: (error: Error) => void): void {
  const key = Object.getOwnPropertySymbols(child).find(({ description }) => description === 'kChannelHandle');
  const handle = key === undefined ? undefined : (Reflect.get(child, key) as ChannelHandle | null);
  if (handle === undefined || handle === null) return;
  const read = handle.onread;
  handle.onread = function readOrTell(...args) {
    try {
      return Reflect.apply(read, this, args);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return onUnreadable(error);
    }
  };
}
