import { constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { pino } from 'pino';

type SonicBoom = ReturnType<typeof pino.destination>;

/** Where log lines go. */
export interface LogOutput {
  write(line: string): void;
  /** Writes what is still held, at once, as far as the reader takes it. */
  flush(): void;
  /** The same in order; resolves when all is written. */
  close(): Promise<void>;
  /** Lets go of what is still held: nobody reads it. */
  abandon(): void;
  /** To be called after each fork. */
  afterFork(): void;
}

/** A reader that stands still costs log lines, never the master's memory. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;
/** The kernel writes no more to a pipe in one piece (pipe(7)); beyond it a child's output may come in between. */
const PIPE_BUF = 4096;

/**
 * Standard output, never in the way: a write that blocks in Node's thread pool, because nobody reads, would keep the
 * process from its exit. `isOver` says when there is no more time for a reader that stands still.
 */
export function openStdout(isOver: () => boolean): LogOutput {
  return fstatSync(1).isSocket() ? socketOutput() : fileOutput(ownDescriptor(), isOver);
}

/**
 * What Node's own `stdio: 'pipe'` and systemd give. It can't be opened anew as a pipe can, and libuv makes it blocking
 * for each child that it starts, which is for all who share it: so it is made non-blocking again after a fork.
 */
function socketOutput(): LogOutput {
  const socket = new Socket({ fd: 1, readable: false, writable: true });
  socket.on('error', () => undefined); // The reader has gone: there is nobody left to tell.
  socket.unref();
  const handle = Reflect.get(socket, '_handle') as { setBlocking?(isBlocking: boolean): number } | null;
  return {
    afterFork: () => {
      handle?.setBlocking?.(false);
    },
    write: (line) => {
      if (socket.writableLength < MAX_BACKLOG_BYTES) socket.write(line);
    },
    flush: () => undefined, // What the kernel takes has been written.
    close: () =>
      new Promise((resolve) => {
        socket.write('', () => resolve());
      }),
    abandon: () => undefined, // It goes with the process.
  };
}

function fileOutput(fd: number, isOver: () => boolean): LogOutput {
  let out: SonicBoom | undefined = open();
  let isClosed = false;
  return {
    afterFork: () => undefined, // A pipe of our own, or a file, which never blocks.
    write: (line) => {
      if (isClosed) return;
      if (out === undefined && fd === 1) out = open(); // There may be space again.
      out?.write(line);
    },
    flush: () => out?.flushSync(),
    close: () => {
      isClosed = true; // What is still told meanwhile comes too late.
      return new Promise((resolve) => {
        if (out === undefined) return resolve();
        out.once('close', resolve);
        out.end();
      });
    },
    // Else pino would try once more at the exit, and throw out of it (EAGAIN).
    abandon: () => out?.destroy(),
  };

  function open(): SonicBoom {
    const opened = pino.destination({
      fd,
      sync: false,
      maxLength: MAX_BACKLOG_BYTES,
      maxWrite: PIPE_BUF,
      retryEAGAIN: () => !isOver(),
    });
    // Nobody reads (EPIPE), no space (ENOSPC), no more time: sonic-boom would try what it holds for ever, even at the exit.
    opened.on('error', () => {
      if (out === opened) out = undefined;
      opened.destroy();
    });
    return opened;
  }
}

/**
 * A pipe is opened anew without blocking: children write to the same one, and the master's O_NONBLOCK must not reach
 * them.
 */
function ownDescriptor(): number {
  if (process.platform !== 'linux' || !fstatSync(1).isFIFO()) return 1;
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return 1; // EACCES after a change of user, ENXIO without a reader, or no /proc: the plain descriptor serves.
  }
}
