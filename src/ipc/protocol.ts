/**
 * What master and children say to each other. Their own words travel in an envelope with the key `eggcup`,
 * so that no message of an application can be taken for one of them; all else is the application's (egg's form).
 */

/** An application's message: `{ action, data, to?, receiverPid? … }`, passed on as it is but for `from`. */
export interface UserMessage {
  readonly action: string;
  readonly data?: unknown;
  readonly to?: unknown;
  readonly from?: unknown;
  readonly receiverPid?: unknown;
  readonly receiverWorkerId?: unknown;
}

/** Where a server listens: TCP, or a Unix socket by its path. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly protocol: 'http' | 'https'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface HttpsFiles {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string | undefined;
  readonly passphrase?: string | undefined;
}

/** The options that an egg Application and Agent are constructed with (egg-cluster's, as far as egg reads them). */
export interface FrameworkOptions {
  readonly baseDir: string;
  readonly framework: string;
  readonly workers: number;
  readonly clusterPort: number;
  readonly plugins: null;
  readonly require: readonly string[];
  readonly port?: number | undefined;
  readonly hostname?: string | undefined;
  readonly env?: string | undefined;
  readonly https?: HttpsFiles | undefined;
}

/** What a child is to do once its gate opens. It travels over the channel: argv can be read by everyone. */
export type Task =
  | {
      readonly kind: 'framework';
      readonly role: 'agent' | 'app';
      readonly requests?: RequestLimit | undefined;
      /** How often its event loop tells that it runs. */
      readonly beatMs?: number | undefined;
      /** Whether its servers have a queue of connections for themselves, beside those of the others. */
      readonly reusePort: boolean;
      /** What brings clients back to this worker, where it stands in their requests. */
      readonly sticky?: StickyRequests | undefined;
      readonly options: FrameworkOptions;
      readonly unixSocket?: string | undefined;
      readonly drainMs: number;
    }
  | {
      readonly kind: 'script';
      readonly role: 'agent' | 'app';
      readonly requests?: RequestLimit | undefined;
      /** How often its event loop tells that it runs. */
      readonly beatMs?: number | undefined;
      /** Whether its servers have a queue of connections for themselves, beside those of the others. */
      readonly reusePort: boolean;
      /** What brings clients back to this worker, where it stands in their requests. */
      readonly sticky?: StickyRequests | undefined;
      readonly ready: 'loaded' | 'listening' | 'message';
      readonly require: readonly string[];
      readonly baseDir: string;
      readonly drainMs: number;
      /** Where the application is to listen, as far as the config says it. */
      readonly port?: number | undefined;
      readonly unixSocket?: string | undefined;
    };

/** A cookie or a header (in lower case) by which clients come back to the same worker. */
export interface StickyRequests {
  readonly kind: 'cookie' | 'header';
  readonly name: string;
}

/** After how many requests an app worker is worn; each worker draws its own limit, so much more or less. */
export interface RequestLimit {
  readonly max: number;
  /** From 0 to 1. */
  readonly jitter: number;
}

export type ToChild =
  /** While it waits: a module to load that has no effect of the application's. */
  | { readonly eggcup: 'prepare'; readonly framework: string }
  /** It is to wait, perhaps for long: to load that, to say so, and to tell again and again that it runs. */
  | {
      readonly eggcup: 'stand-by';
      readonly framework?: string | undefined;
      readonly beatMs?: number | undefined;
    }
  | {
      readonly eggcup: 'open';
      readonly task: Task;
      /** What its environment could not have yet: it was on standby when it was started. */
      readonly environment?: Readonly<Record<string, string>> | undefined;
    }
  /** It was looked at while it hung, and answers again. */
  | { readonly eggcup: 'close-inspector' }
  /** A stop has begun whose delay runs. */
  | { readonly eggcup: 'lame-duck' }
  /** It was somebody else who has told it to end: it need not stay in the cluster. */
  | { readonly eggcup: 'leave' };

export type FromChild =
  /** It listens to its channel now. What comes earlier is lost in an app worker, where Node's cluster module hears it. */
  | { readonly eggcup: 'at-gate' }
  /** It has loaded what it may, and waits. */
  | { readonly eggcup: 'stands-by' }
  | { readonly eggcup: 'ready'; readonly address?: ListenAddress | undefined }
  | { readonly eggcup: 'listening' | 'closed'; readonly address: ListenAddress }
  /** It was told to end, and accepts nothing more. */
  | { readonly eggcup: 'leaving' }
  /** Its event loop runs. */
  | { readonly eggcup: 'beat' }
  /** It has done as much as it is meant to. */
  | { readonly eggcup: 'worn'; readonly why: string }
  | {
      readonly eggcup: 'start-failed';
      readonly code?: string | undefined;
      readonly message: string;
      /** With the place; `undefined` where the message says all. */
      readonly stack?: string | undefined;
    }
  | { readonly eggcup: 'log'; readonly event: ChildLogEvent; readonly level: ChildLogLevel; readonly text: string };

export const CHILD_LOG_EVENTS = [
  'graceful-process',
  'worker.uncaught',
  'worker.close-failed',
  'worker.cache-unused',
] as const;
export type ChildLogEvent = (typeof CHILD_LOG_EVENTS)[number];
export const CHILD_LOG_LEVELS = ['info', 'warn', 'error'] as const;
export type ChildLogLevel = (typeof CHILD_LOG_LEVELS)[number];
