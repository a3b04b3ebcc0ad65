import { existsSync, rename, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hasCode, messageOf } from '../errors.js';
import { makeDirectory } from './make-directory.js';
import { type Markers, type Snapshot, toText } from './snapshot.js';

export const HEALTH_FILES = ['started', 'ready', 'live', 'status.json'] as const;
export type Marker = keyof Markers;

/** A small tmpfs holds them. */
const MAX_EVIDENCE = 5;

/**
 * The files of `health.dir` (design 3). Markers are empty, so that a full disk does not keep `ready` from being told;
 * all are written by rename. Trouble is reported once until it is over, never thrown: the cluster must run on.
 */
export class HealthFiles {
  readonly dir: string;
  readonly #onTrouble: (trouble: string | undefined) => void;
  readonly #present = new Map<Marker, boolean>();
  /** Files that could not be written as they should: a full disk may take a marker and no status. */
  readonly #troubled = new Set<string>();
  readonly #evidence: string[] = [];
  /** The newest that is not written yet. */
  #status: Snapshot | undefined;
  /** What becomes of it: `over` is for good. */
  #writing: 'idle' | 'replacing' | 'over' = 'idle';

  constructor(dir: string, onTrouble: (trouble: string | undefined) => void) {
    this.dir = dir;
    this.#onTrouble = onTrouble;
  }

  /** Makes a marker present or absent. Cheap when it is so already. */
  mark(marker: Marker, present: boolean): void {
    if (this.#present.get(marker) === present) return;
    const done = this.#attempt(marker, () => {
      if (present) this.#replace(marker, '');
      else rmSync(this.#pathOf(marker), { force: true });
    });
    if (done) this.#present.set(marker, present);
  }

  /** Forgets what somebody else has removed (a cleaner of temporary files), so that it is written again. */
  forgetMissing(): void {
    for (const [marker, present] of this.#present) {
      if (present && !existsSync(this.#pathOf(marker))) this.#present.delete(marker);
    }
  }

  /** Renews the mtime of `live`, or writes it anew when somebody (the watchdog) has taken it away. */
  beat(): void {
    const now = new Date();
    this.#attempt('live', () => {
      try {
        utimesSync(this.#pathOf('live'), now, now);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
        this.#replace('live', '');
      }
    });
  }

  /** Soon; of several that come meanwhile the last. */
  writeStatus(snapshot: Snapshot): void {
    this.#status = snapshot;
    if (this.#writing === 'idle') this.#replaceStatus();
  }

  /** Evidence of a process that hangs: the newest few, until the last clean-up. Returns the file's path. */
  writeEvidence(name: string, text: string): string {
    this.#attempt(name, () => this.#replace(name, text));
    this.#evidence.push(name);
    for (const old of this.#evidence.splice(0, this.#evidence.length - MAX_EVIDENCE)) this.#remove(old);
    return this.#pathOf(name);
  }

  /** The last clean-up. What can't be removed is left: there is nobody to tell any more. */
  removeAll(): void {
    this.#writing = 'over';
    // First the temporary file: a rename that is under way either misses it, or has its result removed.
    for (const file of [...HEALTH_FILES, ...this.#evidence])
      for (const name of [temporary(file), file]) this.#remove(name);
  }

  #remove(name: string): void {
    try {
      rmSync(this.#pathOf(name), { force: true });
    } catch {
      // A directory that has become read-only since.
    }
  }

  /**
   * By a thread, for `health.dir` may be on a disk: there the rename that replaces a file waits for the disk to take what it puts in place
   * (ext4's auto_da_alloc; 1.7 s were seen beside other work), and with it would the master's loop. Files that are new or empty don't.
   */
  #replaceStatus(): void {
    const snapshot = this.#status;
    if (snapshot === undefined) return;
    this.#status = undefined;
    const file = 'status.json';
    try {
      this.#write(file, toText(snapshot));
    } catch (error) {
      return this.#noteTrouble(file, error);
    }
    this.#writing = 'replacing';
    rename(this.#pathOf(temporary(file)), this.#pathOf(file), (error) => {
      if (this.#writing === 'over') return;
      this.#writing = 'idle';
      if (error === null) this.#noteSuccess(file);
      else this.#noteTrouble(file, error);
      this.#replaceStatus();
    });
  }

  #replace(file: string, text: string): void {
    this.#write(file, text);
    renameSync(this.#pathOf(temporary(file)), this.#pathOf(file));
  }

  /** To where it is renamed from. */
  #write(file: string, text: string): void {
    const path = this.#pathOf(temporary(file));
    try {
      writeFileSync(path, text);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      makeDirectory(this.dir); // Somebody removed the directory; an emptyDir can be remounted.
      writeFileSync(path, text);
    }
  }

  /** Not `path.join`: once a second it was what first made V8 load its optimizing compiler (3 MB) into an idle master. */
  #pathOf(name: string): string {
    return `${this.dir}/${name}`;
  }

  #attempt(file: string, act: () => void): boolean {
    try {
      act();
    } catch (error) {
      this.#noteTrouble(file, error);
      return false;
    }
    this.#noteSuccess(file);
    return true;
  }

  #noteTrouble(file: string, error: unknown): void {
    if (this.#troubled.size === 0) this.#onTrouble(messageOf(error));
    this.#troubled.add(file);
  }

  #noteSuccess(file: string): void {
    if (this.#troubled.delete(file) && this.#troubled.size === 0) this.#onTrouble(undefined);
  }
}

function temporary(file: string): string {
  return `.${file}.tmp`;
}
