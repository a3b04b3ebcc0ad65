import * as v from 'valibot';
import { appSchema } from './app-schema.js';
import {
  autoOffOrSize,
  autoOrBoolean,
  autoOrWhole,
  bareKey,
  countOrShare,
  cpu,
  duration,
  key,
  oneOf,
  section,
  share,
  size,
  sizeOrZero,
  sticky,
  text,
  whole,
  yesOrNo,
} from './leaves.js';

/** As many processes as anybody runs on one machine; more is a slip of the hand. */
const MAX_WORKERS = 1024;
/** A count of things that has no natural end. */
const MANY = 1_000_000;

const agent = section({
  script: bareKey(
    'The program of the agent, for `app.script`; relative to `app.baseDir`. A framework brings its own.',
    v.pipe(text(), v.examples(['agent.js'])),
  ),
  ready: key(
    'When the agent that runs `agent.script` is ready: once it is loaded, top-level await included, or once it has sent the message `ready`.',
    oneOf(['loaded', 'message']),
    'loaded',
  ),
  enabled: key(
    'Whether there is an agent. `auto`: with a framework, or when `agent.script` is set.',
    autoOrBoolean(),
    'auto',
  ),
});

const recycle = section({
  maxRequests: key('Requests after which a worker is replaced; 0 is never.', whole(0, 1e9), 0),
  maxAge: key('The age at which a worker is replaced; 0s is never.', duration(0), '0s'),
  maxRss: key('The resident memory at which a worker is replaced; 0 is never.', sizeOrZero(), 0),
  jitter: key("By how much each worker's limits differ, so that not all go at once.", share(), '10%'),
});

const workers = section({
  count: key(
    'How many app workers there are. `auto`: as many as CPU and memory allow.',
    autoOrWhole(1, MAX_WORKERS),
    'auto',
  ),
  min: key(
    'The fewest that `workers.count: auto` starts. A number in `workers.count` stands as it is.',
    whole(1, MAX_WORKERS),
    1,
  ),
  max: key(
    'The most that `workers.count: auto` starts. A number in `workers.count` stands as it is.',
    whole(1, MAX_WORKERS),
    64,
  ),
  rounding: key('What `auto` makes of a CPU quota with a fraction.', oneOf(['floor', 'round', 'ceil']), 'floor'),
  cpu: bareKey('The CPUs to size by where the cgroup sets no quota: the CPU request, when there is no limit.', cpu()),
  memoryPerWorker: key('`auto` starts no more app workers than memory allows at this much each.', size(), '160Mi'),
  heap: key(
    "The limit of each worker's JavaScript heap (`--max-old-space-size`). `auto`: its part of the memory; `off`: Node.js decides.",
    v.pipe(autoOffOrSize(), v.metadata({ examples: ['512Mi'] })),
    'auto',
  ),
  standby: key(
    'How many processes wait, with the framework loaded, for the place of an app worker that ends. Each saves most of a start, and holds the memory of a framework.',
    whole(0, MAX_WORKERS),
    0,
  ),
  followQuota: key(
    'Look at the limits of the container again while running (every `health.interval`), and follow them: with the number of workers, and with their heap.',
    yesOrNo(),
    true,
  ),
  recycle: key(
    'Replace workers that have served enough, are old or big, one at a time, without losing a request.',
    recycle,
    {},
  ),
});

const listen = section({
  strategy: key(
    'How connections are shared among the app workers: by the master in turn; from one queue that all accept from; by the kernel, a queue for each (`reusePort`: Node.js 22.12, `net.ipv4.tcp_migrate_req=1`); `auto` is `reusePort` where that loses nothing, else `roundRobin`.',
    oneOf(['roundRobin', 'shared', 'reusePort', 'auto']),
    'roundRobin',
  ),
  sticky: key(
    'What keeps a client with one worker: `none`, its `address`, or what its requests carry: `cookie:NAME` (eggcup sets the cookie) or `header:NAME`. See [sticky](sticky.md).',
    sticky(),
    'none',
  ),
});

const http = section({
  enabled: key('Serve /started, /ready, /live, /status and /metrics.', yesOrNo(), false),
  host: key('The address to serve them on; `::` is every IPv6 and IPv4 address.', text(), '0.0.0.0'),
  port: key('The port to serve them on. It cannot be `app.port`.', whole(1, 65_535), 7002),
});

const health = section({
  dir: key(
    'The folder of `started`, `ready`, `live` and `status.json`. A relative one starts from the folder of this file; in `$EGGCUP_HEALTH_DIR` from the working directory.',
    text(),
    '${EGGCUP_HEALTH_DIR:-/run/eggcup}',
  ),
  interval: key('How often the Manager counts the agent and the app workers.', duration(1), '10s'),
  failures: key('How many of its checks fail in a row before eggcup exits with 1.', whole(1, MANY), 3),
  minReady: key(
    'Ready while at least this many app workers listen: one at least, and no more than there are to be, whatever is said here.',
    v.pipe(countOrShare(MAX_WORKERS), v.metadata({ examples: [2, '50%'] })),
    1,
  ),
  workerTimeout: key(
    'An app worker whose event loop is silent for so long is examined, replaced and then killed; 0s is never.',
    duration(0),
    '30s',
  ),
  http: key('The same facts over HTTP, and metrics for Prometheus.', http, {}),
});

const backoff = section({
  initial: key("The wait before a slot's second restart; it doubles with each that follows.", duration(0), '200ms'),
  max: key('The longest wait.', duration(0), '15s'),
});

const restart = section({
  limit: key('How many crashes within `restart.duration` end the cluster, with exit code 13.', whole(1, MANY), 60),
  duration: key('The time in which crashes are counted.', duration(1), '60s'),
  backoff: key('How long a worker that crashed waits before it is started again.', backoff, {}),
});

const reload = section({
  watch: key(
    'Whether a change of the config file does what SIGHUP does; of a ConfigMap too. Variables and the files that it names are not watched.',
    yesOrNo(),
    false,
  ),
});

const shutdown = section({
  delay: key('The wait, not ready any more but serving, until load balancers have noticed.', duration(0), '0s'),
  app: key('The time of the app workers to finish their requests.', duration(0), '20s'),
  agent: key('The time of the agent to end, after the app workers.', duration(0), '5s'),
  grace: key(
    "All the time there is: the platform's terminationGracePeriodSeconds. `delay`, `app` and `agent` must fit into it. What lives at its end is killed.",
    duration(0),
    '${EGGCUP_GRACE:-30s}',
  ),
});

const log = section({
  level: key(
    'The least severe of the lines that eggcup logs.',
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
  ),
  format: key('One JSON object per line, or lines for people.', oneOf(['json', 'pretty']), 'json'),
});

const control = section({
  enabled: key(
    'Whether there is one. `auto`: wherever `health.dir` can be written; `true` is the same, and says so where it cannot.',
    autoOrBoolean(),
    'auto',
  ),
  socket: key('Its path, relative to `health.dir`.', text(), 'control.sock'),
});

/** The one schema: types, validation, JSON Schema and the reference page are made from it. */
export const schema = v.pipe(
  section({
    apiVersion: key('The version of this format.', oneOf(['eggcup/v1']), 'eggcup/v1'),
    app: key('What is run.', appSchema, {}),
    agent: key('The agent: one process beside the app workers, for what must happen once.', agent, {}),
    workers: key('The app workers: how many, and how big.', workers, {}),
    listen: key('How connections reach the app workers.', listen, {}),
    startup: key(
      'The way up.',
      section({
        timeout: key('The time until everything is ready; when it is over, eggcup exits with 12.', duration(1), '60s'),
        parallel: key('How many app workers load the application at once.', autoOrWhole(1, MAX_WORKERS), 'auto'),
      }),
      {},
    ),
    health: key('What Kubernetes is told, and when.', health, {}),
    reload: key('When the config is read again, besides SIGHUP.', reload, {}),
    restart: key('What happens when a worker crashes.', restart, {}),
    shutdown: key('The way down.', shutdown, {}),
    log: key('What eggcup itself logs, to standard output.', log, {}),
    control: key(
      'The Unix socket that `eggcup status`, `reload` and `scale` talk to. Only the user of the master may.',
      control,
      {},
    ),
    terminationLog: key(
      'The file that gets the reason of a non-zero exit, for `kubectl describe pod`.',
      text(),
      '/dev/termination-log',
    ),
  }),
  v.metadata({ required: ['app'] }),
);

/** What the schema makes of a valid file: typed and with defaults, but with paths as they were written. */
export type Settings = v.InferOutput<typeof schema>;

/** The effective config: parsed, with every default, every path absolute. */
export type Config = DeepReadonly<Settings>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
