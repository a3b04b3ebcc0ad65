import { hasCode, messageOf } from '../errors.js';
import type { Evidence } from '../inspect/examine.js';
import type { Log } from '../log.js';
import type { Child } from '../process/child.js';

/** The rest of a stack is in the file. */
const SHOWN_FRAMES = 20;

/** Finds out what processes are doing that hang, and lets go of those that answer again. */
export class Examiner {
  readonly #log: Log;
  /** Returns the file's path, where there is one. */
  readonly #keep: (name: string, text: string) => string | undefined;
  /** By child: what lets go of it. */
  readonly #looking = new WeakMap<Child, () => Promise<void>>();
  readonly #answering = new WeakSet<Child>();

  constructor(log: Log, keep: (name: string, text: string) => string | undefined) {
    this.#log = log;
    this.#keep = keep;
  }

  /** Its code is loaded only when something hangs. */
  async examine(child: Child): Promise<void> {
    const { slot, pid } = child;
    this.#answering.delete(child);
    const { stack, text, letGo } = await look(pid);
    const file = this.#keep(`hung-${slot}-${pid}.txt`, text);
    this.#log.error('child.hung-evidence', { slot, pid, stack: stack.slice(0, SHOWN_FRAMES), file: file ?? null });
    this.#looking.set(child, letGo);
    if (this.#answering.has(child)) await this.end(child);
  }

  /** It answers again: nobody shall find its inspector open. */
  async end(child: Child): Promise<void> {
    this.#answering.add(child);
    const letGo = this.#looking.get(child);
    this.#looking.delete(child);
    // While it is still looked at, that comes back here.
    if (letGo === undefined) return;
    await letGo();
    child.tell({ eggcup: 'close-inspector' });
  }
}

/** Without a free descriptor (connections that wait can take all of them) nothing can be loaded. */
async function look(pid: number): Promise<Evidence> {
  try {
    const { examine } = await import('../inspect/examine.js');
    return await examine(pid);
  } catch (error) {
    if (!hasCode(error, 'EMFILE') && !hasCode(error, 'ENFILE')) throw error;
    return { stack: [], text: `it could not be looked at: ${messageOf(error)}\n`, letGo: () => Promise.resolve() };
  }
}
