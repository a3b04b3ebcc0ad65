import type { ChildProcess } from 'node:child_process';

/** What Node reads a child's channel through. */
export interface ChannelHandle {
  onread: (this: unknown, ...args: unknown[]) => unknown;
  readStart(): void;
  readStop(): void;
}

/** Node has no public place for it; `undefined` where it can't be found, and once the channel is closed. */
export function channelHandleOf(child: ChildProcess): ChannelHandle | undefined {
  const key = Object.getOwnPropertySymbols(child).find(({ description }) => description === 'kChannelHandle');
  const handle = key === undefined ? undefined : (Reflect.get(child, key) as ChannelHandle | null);
  return handle ?? undefined;
}
