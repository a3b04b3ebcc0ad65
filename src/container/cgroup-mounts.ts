import type { Membership, Mount } from './proc-files.js';

export type Controller = 'cpu' | 'cpuset' | 'memory' | 'pids';

/** Where a controller's files for this process are, as far as the two texts of /proc tell. */
export type Placement =
  | { readonly kind: 'nowhere' } // No hierarchy carries the controller: nothing can limit.
  | { readonly kind: 'unmounted'; readonly reason: string }
  | { readonly kind: 'mounted'; readonly version: 1 | 2; readonly views: readonly View[] };

/** One mount of the hierarchy, and this process's cgroup below it. */
export interface View {
  readonly mountPoint: string;
  /** Levels between the mount's top and `path` whose names /proc does not give; see `viewOf`. */
  readonly unnamedLevels: number;
  /** The names after those, down to the own cgroup. */
  readonly path: readonly string[];
}

/** Finds the mounts that show this process's cgroup for `controller`, the most telling one first. */
export function placeController(
  controller: Controller,
  memberships: readonly Membership[],
  mounts: readonly Mount[],
): Placement {
  // A controller is bound to one hierarchy only, so one that v1 has is not in v2, whatever else is mounted (hybrid).
  const membership =
    memberships.find((member) => member.version === 1 && member.controllers.includes(controller)) ??
    memberships.find((member) => member.version === 2);
  if (membership === undefined) return { kind: 'nowhere' };

  const views = topmost(mounts)
    .filter((mount) =>
      membership.version === 1
        ? mount.fsType === 'cgroup' && mount.superOptions.includes(controller)
        : mount.fsType === 'cgroup2',
    )
    .map((mount) => viewOf(mount, membership.path))
    .toSorted((a, b) => a.rank - b.rank || b.view.path.length - a.view.path.length)
    .map(({ view }) => view);
  if (views.length > 0) return { kind: 'mounted', version: membership.version, views };

  const hierarchy = membership.version === 1 ? `cgroup v1 hierarchy of ${controller}` : 'cgroup v2 hierarchy';
  return { kind: 'unmounted', reason: `the ${hierarchy} is not mounted here` };
}

/** Of several mounts on one mount point only the last is seen. */
function topmost(mounts: readonly Mount[]): readonly Mount[] {
  return [...new Map(mounts.map((mount) => [mount.mountPoint, mount])).values()];
}

/**
 * Both `root` and `path` are relative to the root of this process's cgroup namespace (cgroup_namespaces(7)), so with
 * `/..` in front when they lie outside of it.
 *
 * - A mount whose root is on the way to the cgroup shows the rest of the way (rank 0).
 * - A mount made outside of the namespace, `/../..` for one two levels up, shows the cgroup too, but the names of these
 *   levels are not told (rank 1).
 * - Else the path is one that this mount does not show, such as the host's in a container without a namespace of its
 *   own. There runtimes mount the container's own cgroup, so the limits are those at the top (rank 2).
 */
function viewOf(mount: Mount, path: string): { readonly rank: number; readonly view: View } {
  const { mountPoint } = mount;
  const root = names(mount.root);
  const own = names(path);
  const rest = own.slice(root.length);
  if (root.every((name, level) => name === own[level]) && !rest.includes('..'))
    return { rank: 0, view: { mountPoint, unnamedLevels: 0, path: rest } };

  const up = own.filter((name) => name === '..').length;
  if (root.length > up && root.every((name) => name === '..'))
    return { rank: 1, view: { mountPoint, unnamedLevels: root.length - up, path: own.slice(up) } };

  return { rank: 2, view: { mountPoint, unnamedLevels: 0, path: [] } };
}

function names(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '');
}
