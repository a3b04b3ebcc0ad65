/** What Node reads and writes a channel through. */
export interface ChannelHandle {
  onread: (this: unknown, ...args: unknown[]) => unknown;
  /** Writes a line for each message; `passed` is a socket or a server that goes with it. */
  writeUtf8String: (this: unknown, request: unknown, text: string, passed?: unknown) => number;
  /** How much the kernel has not taken yet, in bytes. */
  readonly writeQueueSize: number;
  readStart(): void;
  readStop(): void;
}

/** Of a child, or of this process to its parent. Node has no public place for it; `undefined` where it can't be found, and once it is closed. */
export function channelHandleOf(end: object): ChannelHandle | undefined {
  const key = Object.getOwnPropertySymbols(end).find(({ description }) => description === 'kChannelHandle');
  const handle = key === undefined ? undefined : (Reflect.get(end, key) as ChannelHandle | null);
  return handle ?? undefined;
}

const GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET', 'ERR_IPC_CHANNEL_CLOSED']);

/** The other side has closed its end, or died: its disconnect or exit says the rest. */
export function isChannelGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE.has(error.code);
}
