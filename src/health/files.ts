import { existsSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hasCode } from '../errors.js';
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

  writeStatus(snapshot: Snapshot): void {
    this.#attempt('status.json', () => this.#replace('status.json', toText(snapshot)));
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
    for (const file of [...HEALTH_FILES, ...this.#evidence])
      for (const name of [file, temporary(file)]) this.#remove(name);
  }

  #remove(name: string): void {
    try {
      rmSync(this.#pathOf(name), { force: true });
    } catch {
      // A directory that has become read-only since.
    }
  }

  #replace(file: string, text: string): void {
    const path = this.#pathOf(temporary(file));
    try {
      writeFileSync(path, text);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      makeDirectory(this.dir); // Somebody removed the directory; an emptyDir can be remounted.
      writeFileSync(path, text);
    }
    renameSync(path, this.#pathOf(file));
  }

  /** Not `path.join`: once a second it was what first made V8 load its optimizing compiler (3 MB) into an idle master. */
  #pathOf(name: string): string {
    return `${this.dir}/${name}`;
  }

  #attempt(file: string, act: () => void): boolean {
    try {
      act();
    } catch (error) {
      if (this.#troubled.size === 0) this.#onTrouble(error instanceof Error ? error.message : String(error));
      this.#troubled.add(file);
      return false;
    }
    if (this.#troubled.delete(file) && this.#troubled.size === 0) this.#onTrouble(undefined);
    return true;
  }
}

function temporary(file: string): string {
  return `.${file}.tmp`;
}
