import type { ChildProcess } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { channelHandleOf } from '../ipc/channel-handle.js';

/**
 * Keeps a line on a child's channel that is no JSON (a child can write to its descriptor itself) from being an uncaught
 * exception of the master, where Node throws it, and hears what stands behind it: Node drops the rest of what it has read, and would wait for
 * an answer of the cluster's in it for ever. Where the channel's handle can't be found, nothing is changed.
 */
export function guardChannel(child: ChildProcess, onUnreadable: (error: Error) => void): void {
  const handle = channelHandleOf(child);
  if (handle === undefined) return;
  const read = handle.onread;
  handle.onread = function readOrTell(...args) {
    try {
      return Reflect.apply(read, this, args);
    } catch (error) {
      const [bytes] = args;
      if (!(error instanceof SyntaxError) || !(bytes instanceof ArrayBuffer)) throw error;
      for (const message of takeRest(handle, Buffer.from(bytes))) process.nextTick(() => hear(child, message));
      return onUnreadable(error);
    }
  };
}

/** As Node tells of a message. Its own have this in their name (child_process, "Caveats of IPC"). */
function hear(child: ChildProcess, message: unknown): void {
  const cmd: unknown = typeof message === 'object' && message !== null && 'cmd' in message ? message.cmd : undefined;
  child.emit(typeof cmd === 'string' && cmd.startsWith('NODE_') ? 'internalMessage' : 'message', message, undefined);
}

/** The messages behind the first line that is none. The beginning of a line whose end is still to be read is kept where Node keeps it. */
function takeRest(handle: object, bytes: Buffer): readonly unknown[] {
  const kept = Object.getOwnPropertySymbols(handle).find(({ description }) => description === 'kJSONBuffer');
  const begun = kept === undefined ? '' : String(Reflect.get(handle, kept));
  const lines = linesOf(bytes);
  // Half a character at the end is with Node's own decoder.
  const last = new StringDecoder('utf8').write(lines.pop() ?? Buffer.alloc(0));
  const texts = lines.map((line, index) => (index === 0 ? begun : '') + line.toString());
  const messages = texts.map((text) => parsed(text));
  const broken = messages.indexOf(undefined);
  if (kept !== undefined) Reflect.set(handle, kept, last);
  Reflect.set(handle, 'buffering', last !== '');
  return messages.slice(broken + 1).filter((message) => message !== undefined);
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...lines, bytes.subarray(start)];
}

/** `undefined` for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
