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
      return onUnreadable(error);
    }
  };
}
