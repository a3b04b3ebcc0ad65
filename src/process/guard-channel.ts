import type { ChildProcess } from 'node:child_process';
import { channelHandleOf } from '../ipc/channel-handle.js';

/**
 * Keeps a line on a child's channel that is no JSON (a child can write to its descriptor itself) from being an uncaught
 * exception of the master, where Node throws it. Where the channel's handle can't be found, nothing is changed.
 */
export function guardChannel(child: ChildProcess, onUnreadable: (error: Error) => void): void {
  const handle = channelHandleOf(child);
  if (handle === undefined) return;
  const read = handle.onread;
  handle.onread = function readOrTell(...args) {
    try {
      return Reflect.apply(read, this, args);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      forgetBeginning(handle);
      return onUnreadable(error);
    }
  };
}

/** Node keeps the beginning of a line whose end it has not read yet, and when the line is no JSON puts it before all that follows. */
function forgetBeginning(handle: object): void {
  const key = Object.getOwnPropertySymbols(handle).find(({ description }) => description === 'kJSONBuffer');
  if (key !== undefined) Reflect.set(handle, key, '');
}
