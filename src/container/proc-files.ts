/** Parsers of the files in /proc that tell where this process stands (proc(5), cgroups(7)). */
import { parseCpuList } from './cgroup-files.js';
import { malformed } from './malformed.js';

/** One line of `/proc/self/cgroup`: this process's place in one hierarchy. */
export interface Membership {
  readonly version: 1 | 2;
  /** Empty for v2. A named v1 hierarchy has `name=…` here, which no controller is called. */
  readonly controllers: readonly string[];
  readonly path: string;
}

/** Reads `/proc/self/cgroup`; an empty one is right on a kernel where no hierarchy was ever mounted. */
export function parseMemberships(text: string): readonly Membership[] {
  return lines(text).map((line) => {
    // Only the first two colons separate: a cgroup's name may contain one.
    const [, id, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) throw malformed('"ID:CONTROLLERS:/PATH"', line);
    return id === '0'
      ? { version: 2, controllers: [], path }
      : { version: 1, controllers: controllers.split(','), path };
  });
}

/** One line of `/proc/self/mountinfo`. */
export interface Mount {
  /** The directory of the filesystem that is shown at `mountPoint`. */
  readonly root: string;
  readonly mountPoint: string;
  readonly fsType: string;
  /** For cgroup v1 the controllers are among these. */
  readonly superOptions: readonly string[];
}

/** Reads `/proc/self/mountinfo`. */
export function parseMountinfo(text: string): readonly Mount[] {
  return lines(text).map((line) => {
    const fields = line.split(' ');
    // Any number of optional fields (`shared:1`) stands before the dash.
    const dash = fields.indexOf('-', 6);
    const [, , , root, mountPoint] = fields;
    const [fsType, , superOptions] = fields.slice(dash + 1);
    if (
      dash === -1 ||
      root === undefined ||
      mountPoint === undefined ||
      fsType === undefined ||
      superOptions === undefined
    )
      throw malformed('"ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS … - TYPE SOURCE SUPEROPTIONS"', line);
    return { root: unescape(root), mountPoint: unescape(mountPoint), fsType, superOptions: superOptions.split(',') };
  });
}

/** Blanks, line ends and backslashes stand in mountinfo as three octal digits. */
function unescape(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** How many CPUs `Cpus_allowed_list` of `/proc/self/status` names, or `undefined` without such a line (gVisor). */
export function parseCpusAllowed(text: string): number | undefined {
  const [line, list] = /^Cpus_allowed_list:(.*)$/m.exec(text) ?? [];
  if (line === undefined || list === undefined) return undefined;
  const count = parseCpuList(list);
  if (count === undefined) throw malformed('at least one CPU', line);
  return count;
}

/** Bytes of memory this machine has, by `MemTotal` of `/proc/meminfo`. */
export function parseMemTotal(text: string): number {
  const [, kibibytes] = /^MemTotal:\s+(\d{1,12}) kB$/m.exec(text) ?? [];
  if (kibibytes === undefined) throw malformed('"MemTotal: N kB"', text);
  return Number(kibibytes) * 1024;
}
