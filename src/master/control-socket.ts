import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from '../config/schema.js';
import type { Answerer } from '../control/connection.js';
import { ControlServer } from '../control/server.js';
import { messageOf } from '../errors.js';
import type { Opened } from '../health/directory.js';
import type { Log } from '../log.js';
import { clearUnixSocket } from './ports.js';

/**
 * Makes way for the control socket: what an earlier life left there is removed. `undefined` when there is to be none, or can be
 * none, which is said: the cluster runs without it.
 */
export async function prepareControl(
  { enabled, socket }: Config['control'],
  health: Opened,
  log: Log,
): Promise<ControlSocket | undefined> {
  if (enabled === false) return undefined;
  const path = resolve(health.dir, socket);
  if (health.kind === 'unwritable') {
    const remedy = 'make health.dir writable, or set control.enabled to auto or false';
    if (enabled === true) log.warn('control.unavailable', { path, reason: health.reason, remedy });
    return undefined;
  }
  try {
    await clearUnixSocket(path, 'control.socket');
  } catch (error) {
    unavailable(log, path, error);
    return undefined;
  }
  return new ControlSocket(path, log);
}

/** How often it is looked whether somebody (a cleaner of temporary files) has taken the file away. */
const LOOK_MS = 5000;

/** The control socket from its place to its end. */
export class ControlSocket {
  readonly #path: string;
  readonly #log: Log;
  readonly #known = new Set<string>();
  #server: ControlServer | undefined;
  #look: NodeJS.Timeout | undefined;
  #isListening = false;
  #isClosed = false;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** Never throws. */
  open(answer: Answerer): void {
    try {
      if (!this.#isClosed) this.#listen(answer);
    } catch (error) {
      this.#reportOnce(error);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#look);
    this.#server?.close();
  }

  #listen(answer: Answerer): void {
    const path = this.#path;
    const listen = (): void => {
      this.#server = ControlServer.listen({
        path,
        answer,
        onListening: () => this.#listens(),
        onTrouble: (error) => this.#reportOnce(error),
      });
    };
    listen();
    this.#look = setInterval(() => {
      // The health files make their folder again.
      if (existsSync(path) || !existsSync(dirname(path))) return;
      this.#server?.close();
      listen();
    }, LOOK_MS).unref();
  }

  #listens(): void {
    this.#isListening = true;
    this.#log.debug('control.listening', { path: this.#path });
  }

  /** Each kind of trouble once: it comes again with each connection. */
  #reportOnce(error: unknown): void {
    const kind = error instanceof Error && 'code' in error ? String(error.code) : typeof error;
    if (this.#known.has(kind)) return;
    this.#known.add(kind);
    if (this.#isListening) this.#log.warn('control.failed', { reason: messageOf(error) });
    else unavailable(this.#log, this.#path, error);
  }
}

function unavailable(log: Log, path: string, error: unknown): void {
  const remedy = 'make way for it, or set control.socket to another path; without it use signals (SIGHUP, SIGTTIN)';
  log.warn('control.unavailable', { path, reason: messageOf(error), remedy });
}
