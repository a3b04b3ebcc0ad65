import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { detectPort } from 'detect-port';
import { isTooLong, MAX_SOCKET_PATH_BYTES } from '../control/socket-path.js';
import { EggcupError, hasCode, messageOf } from '../errors.js';
import { takeLock } from '../lock.js';

/** A free port for egg's leader/follower clients (`app.cluster()`): on 127.0.0.1, chosen by the kernel. */
export async function findClusterPort(): Promise<number> {
  // Bound to the one address that cluster-client uses: without a host detect-port tries five, each with another port.
  return detectPort({ port: 0, hostname: '127.0.0.1' });
}

/** Throws `ERR_PORT_TAKEN` (exit 14) or `ERR_PORT_UNUSABLE` (exit 78) unless the application can listen there. */
export async function checkPort(port: number, hostname: string | undefined): Promise<void> {
  const code = hostname === undefined ? await whyTaken(port) : await whyUnusable(port, hostname);
  if (code === undefined) return;
  const address = `${hostname ?? '*'}:${port}`;
  if (code === 'EADDRINUSE') throw taken(port, address);
  const remedy = ['EMFILE', 'ENFILE'].includes(code)
    ? 'no file descriptor is left: raise `ulimit -n`'
    : 'choose an address of this machine and a port that this user may use';
  throw new EggcupError('ERR_PORT_UNUSABLE', `app.port ${port}: cannot listen on ${address} (${code}); ${remedy}`);
}

/**
 * With SO_REUSEPORT the kernel lets another master of the same user listen beside this one, and shares connections out between
 * them. Throws `ERR_PORT_TAKEN` when there is one.
 */
export async function claimPort(port: number, hostname: string | undefined): Promise<void> {
  const address = `${hostname ?? '*'}:${port}`;
  if ((await takeLock(`port-${address}`)) === undefined) throw taken(port, address);
}

function taken(port: number, address: string): EggcupError {
  return new EggcupError(
    'ERR_PORT_TAKEN',
    `ClusterPortConflictError: app.port ${port} is taken: another process listens on ${address}; end it or choose another app.port`,
  );
}

/**
 * Linux refuses to listen on all addresses (EADDRINUSE) when somebody listens on any of them: one attempt tells. Elsewhere each has to be
 * tried, which is what detect-port does, and answers with the next free port when one of them is taken.
 */
async function whyTaken(port: number): Promise<string | undefined> {
  if (process.platform !== 'linux' && (await detectPort(port)) !== port) {
    return (await whyUnusable(port, undefined)) ?? 'EADDRINUSE';
  }
  return whyUnusable(port, undefined);
}

/** The error code of a real attempt to listen; `undefined` when it worked. */
function whyUnusable(port: number, hostname: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host: hostname, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

type SocketKey = 'app.unixSocket' | 'control.socket';

/** Makes way for a Unix socket: a file that nobody listens on is removed. Throws as `lookAtUnixSocket` does. */
export async function clearUnixSocket(path: string, key: SocketKey): Promise<void> {
  if ((await lookAtUnixSocket(path, key)) === 'free') return;
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw unusable(path, key, error);
  }
}

/**
 * Whether there is nothing, or a file that nobody listens on (left by a kill -9). Throws `ERR_PORT_TAKEN` when somebody answers,
 * `ERR_PORT_UNUSABLE` when the path is something else or too long. `key` has set it.
 */
export async function lookAtUnixSocket(path: string, key: SocketKey): Promise<'free' | 'left'> {
  if (isTooLong(path)) {
    const long = `is longer than ${MAX_SOCKET_PATH_BYTES} bytes, which the kernel would cut off`;
    throw new EggcupError('ERR_PORT_UNUSABLE', `${key} ${path} ${long}; choose a shorter path`);
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 'free';
  if (!found.isSocket()) {
    throw new EggcupError('ERR_PORT_UNUSABLE', `${key} ${path} exists and is no socket; remove it or choose another`);
  }
  if (await answers(path, key)) {
    const conflict = key === 'app.unixSocket' ? 'ClusterPortConflictError: ' : '';
    throw new EggcupError('ERR_PORT_TAKEN', `${conflict}${key} ${path} is taken: another process listens on it`);
  }
  return 'left';
}

function unusable(path: string, key: string, error: unknown): EggcupError {
  const why = `${key} ${path} is left by somebody else and cannot be looked at or removed: ${messageOf(error)}`;
  return new EggcupError('ERR_PORT_UNUSABLE', `${why}; remove it or choose another`, { cause: error });
}

function answers(path: string, key: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (hasCode(error, 'ECONNREFUSED') || hasCode(error, 'ENOENT')) resolve(false);
      // Who listens is busy, or stopped: as many wait for it as may.
      else if (hasCode(error, 'EAGAIN')) resolve(true);
      else reject(unusable(path, key, error));
    });
  });
}
