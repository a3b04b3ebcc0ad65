import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../errors.js';
import { placeController, type Controller, type View } from './cgroup-mounts.js';
import { parseMemberships, parseMountinfo, type Membership, type Mount } from './proc-files.js';
import { read, type Reading } from './reading.js';

/** The directories from this process's own cgroup up to the top of the mount: every limit in one of them holds. */
export interface Levels {
  readonly version: 1 | 2;
  readonly directories: readonly string[];
}

/** What /proc says about the cgroups of this process. */
export interface Cgroups {
  readonly memberships: readonly Membership[];
  readonly mounts: readonly Mount[];
}

export function readCgroups(root: string): Reading<Cgroups> {
  const memberships = read(root, MEMBERSHIPS, parseMemberships);
  if (memberships.kind === 'unreadable') return memberships;
  if (memberships.kind === 'absent') {
    // A kernel without cgroups lacks this one file, a process without /proc lacks all of them and knows nothing.
    if (existsSync(join(root, '/proc/self/status'))) return memberships;
    return { kind: 'unreadable', source: MEMBERSHIPS, reason: '/proc is not mounted here' };
  }
  const mounts = read(root, MOUNTS, parseMountinfo);
  if (mounts.kind === 'unreadable') return mounts;
  if (mounts.kind === 'absent') return { kind: 'unreadable', source: MOUNTS, reason: 'it does not exist' };
  return { ...memberships, value: { memberships: memberships.value, mounts: mounts.value } };
}

const MEMBERSHIPS = '/proc/self/cgroup';
const MOUNTS = '/proc/self/mountinfo';

/** Finds the levels whose files of `controller` limit this process. */
export function findLevels(root: string, cgroups: Reading<Cgroups>, controller: Controller): Reading<Levels> {
  if (cgroups.kind !== 'present') return cgroups;
  const placement = placeController(controller, cgroups.value.memberships, cgroups.value.mounts);
  if (placement.kind === 'nowhere') return { kind: 'absent' };
  if (placement.kind === 'unmounted') return { kind: 'unreadable', source: MOUNTS, reason: placement.reason };

  const { version, views } = placement;
  const view = views.find(({ mountPoint }) => isVisible(join(root, mountPoint)));
  if (view === undefined) {
    const source = views.map(({ mountPoint }) => mountPoint).join(', ');
    return { kind: 'unreadable', source, reason: `mounted according to ${MOUNTS}, but something hides it` };
  }
  const path = view.unnamedLevels === 0 ? view.path : searchOwn(root, view);
  if (path === undefined) {
    const reason = `shows cgroups above the namespace of this process, and none of them lists process ${process.pid}`;
    return { kind: 'unreadable', source: view.mountPoint, reason };
  }
  const directories = [...path, ''].map((_, level) => join(view.mountPoint, ...path.slice(0, path.length - level)));
  return { kind: 'present', source: view.mountPoint, value: { version, directories } };
}

/** Every cgroup of both versions has this file, so its absence shows that another mount or a mask lies on top. */
function isVisible(directory: string): boolean {
  try {
    statSync(join(directory, 'cgroup.procs'));
    return true;
  } catch (error) {
    return !hasCode(error, 'ENOENT'); // What else is wrong will be said about the limit's own file.
  }
}

/** The path of the cgroup that lists this process, among all at the depth where it must be. */
function searchOwn(root: string, view: View): readonly string[] | undefined {
  let candidates: readonly (readonly string[])[] = [[]];
  for (let depth = 0; depth < view.unnamedLevels; depth += 1)
    candidates = candidates.flatMap((path) =>
      childrenOf(join(root, view.mountPoint, ...path)).map((name) => path.concat(name)),
    );
  return candidates
    .map((path) => path.concat(view.path))
    .find((path) => {
      const processes = read(root, join(view.mountPoint, ...path, 'cgroup.procs'), (text) => text.split('\n'));
      return processes.kind === 'present' && processes.value.includes(String(process.pid));
    });
}

function childrenOf(directory: string): readonly string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return []; // A cgroup that went away, or that is not ours to see, is not where this process is.
  }
}
