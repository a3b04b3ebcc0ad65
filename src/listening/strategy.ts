import type { Config } from '../config/schema.js';
import { read, type Reading } from '../container/reading.js';
import { EggcupError } from '../errors.js';
import { formatSticky } from '../sticky/mode.js';

/**
 * How connections reach the app workers. `roundRobin`: the master accepts, and hands them out in turn. `shared`: all accept from
 * one queue. `reusePort`: each has a queue of its own, and the kernel shares out (SO_REUSEPORT).
 */
export type Strategy = 'roundRobin' | 'shared' | 'reusePort';

export interface Listening {
  readonly strategy: Strategy;
  /** Why this one, for the boot log and `eggcup plan`. */
  readonly reason: string;
}

/** What it depends on. */
export interface Offer {
  /** Without a `v`. */
  readonly node: string;
  readonly platform: NodeJS.Platform;
  /** `net.ipv4.tcp_migrate_req`: whether what waits in a queue that is closed goes to another one. */
  readonly migrates: Reading<boolean>;
}

/** What this machine offers, below `root`/proc. */
export function readOffer(root = '/'): Offer {
  const { platform, versions } = process;
  return { platform, node: versions.node, migrates: read(root, MIGRATES_FILE, (text) => text.trim() === '1') };
}

/** Throws `ERR_LISTEN_STRATEGY` when what the config asks for would lose requests here, or can't be had. */
export function chooseStrategy({ listen, app }: Pick<Config, 'listen' | 'app'>, offer: Offer): Listening {
  const { strategy, sticky } = listen;
  const obstacle = whyNotReusePort(offer);
  switch (strategy) {
    case 'roundRobin':
    case 'shared':
      return { strategy, reason: 'as listen.strategy says' };
    case 'reusePort':
      if (obstacle === undefined) return { strategy, reason: 'as listen.strategy says' };
      throw new EggcupError(
        'ERR_LISTEN_STRATEGY',
        `listen.strategy "reusePort" would not be safe here: ${obstacle.found}; ${obstacle.remedy}, or take "roundRobin" or "shared"`,
      );
    case 'auto':
      if (sticky.kind !== 'none') return byMaster(`listen.sticky ${formatSticky(sticky)} needs the master to choose`);
      if (app.unixSocket !== undefined) return byMaster('app.unixSocket has one queue');
      if (obstacle !== undefined) return byMaster(`reusePort is not safe here: ${obstacle.found}`);
      return { strategy: 'reusePort', reason: `auto: Node.js ${offer.node} has it, and ${MIGRATES} is 1` };
  }
}

const MIGRATES = 'net.ipv4.tcp_migrate_req';
const MIGRATES_FILE = '/proc/sys/net/ipv4/tcp_migrate_req';

function byMaster(why: string): Listening {
  return { strategy: 'roundRobin', reason: `auto: ${why}` };
}

/**
 * Without SO_REUSEPORT (Node.js 22.12; an older one ignores the option) all would share one queue unnoticed; without migration each
 * worker that leaves resets the connections that it has not accepted (ip-sysctl.rst).
 */
function whyNotReusePort({ platform, node, migrates }: Offer): { found: string; remedy: string } | undefined {
  if (platform !== 'linux') return { found: `${platform} is not Linux`, remedy: 'run it on Linux' };
  const [major = 0, minor = 0] = node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 12))
    return { found: `Node.js ${node} has no SO_REUSEPORT`, remedy: 'take Node.js 22.12 or later' };
  switch (migrates.kind) {
    case 'absent':
      return {
        found: `this kernel has no ${MIGRATES}: a worker that leaves would reset connections`,
        remedy: 'take Linux 5.14 or later',
      };
    case 'unreadable':
      return { found: `${migrates.source}: ${migrates.reason}`, remedy: 'make it readable' };
    case 'present':
      return migrates.value
        ? undefined
        : {
            found: `${MIGRATES} is 0: a worker that leaves would reset connections`,
            remedy: `set it to 1 (docker run --sysctl ${MIGRATES}=1, in a pod securityContext.sysctls)`,
          };
  }
}
