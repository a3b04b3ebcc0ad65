import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROLES } from '../module-cache/place.js';
import { bestOf, type Draft, keep, type Kept } from './drafts.js';
import { makeFolders, removeIfEmpty } from './folders.js';
import { untilSettled } from './settle.js';
import { startOnce } from './start-once.js';
import { StopSignal } from './stop-signal.js';
import { makeTemporaryFolder } from './temporary-folder.js';

const entry = join(import.meta.dirname, '../entry.js');

/** What a training start has left. */
export interface Trained {
  readonly kept: readonly Kept[];
  /** Why the application did not get ready, or nothing could be kept; `undefined` when all went well. */
  readonly why: string | undefined;
}

/** Where it is called. */
interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/**
 * Starts the application once, with one worker, as the entrypoint does, until it is ready; stops it, and keeps what its processes have loaded in
 * `baseDir`. Bounded by the config's own `startup.timeout` and `shutdown`. Throws a system error where nothing can be written there, `ERR_TEMPORARY`
 * where there is no place for temporary files, and `ERR_STOPPED` when a signal ends it.
 */
export async function train(words: readonly string[], baseDir: string, place: Place): Promise<Trained> {
  const stop = new StopSignal();
  const folder = makeTemporaryFolder();
  const made: string[] = [];
  try {
    makeFolders(baseDir, made); // Before anybody looks: it is a change of `node_modules` as well.
    const own = [entry, ...words, '--set', 'control.enabled=false'];
    const why = await startOnce({ words: own, restMs: 0, folder, ...place }, stop.signal);
    const drafts = ROLES.flatMap((role) => bestOf(folder, role) ?? []);
    await untilSettled(
      drafts.flatMap(({ head }) => head.facts),
      stop.signal,
    );
    const [full, empty] = [drafts.filter((draft) => !isEmpty(draft)), drafts.filter(isEmpty)];
    return {
      kept: full.map((draft) => keep(draft, baseDir, why !== undefined)),
      why: why ?? empty[0]?.head.without[0],
    };
  } finally {
    stop.end();
    for (const path of made.toReversed()) removeIfEmpty(path);
    rmSync(folder, { recursive: true, force: true });
  }
}

function isEmpty({ head }: Draft): boolean {
  return head.files.length === 0;
}
