import { BatchedChannel } from '../ipc/batched-channel.js';
import { channelHandleOf } from '../ipc/channel-handle.js';

/** So many messages of a turn go out at once: whoever says few things is not kept waiting by what it does next. */
const DIRECT_PER_TURN = 4;

/** Lets `process.send` put many messages into one write, whoever calls it: egg's messenger does, and so may the application. */
export function batchSending(): void {
  if (process.send === undefined) return;
  const sendDirectly = process.send.bind(process) as BatchedChannel['send'];
  const disconnect = process.disconnect.bind(process);
  const end = {
    get connected(): boolean {
      return process.connected;
    },
    send: sendDirectly,
  };
  const channel = new BatchedChannel(end, channelHandleOf(process), DIRECT_PER_TURN);
  process.send = (message: unknown, ...args: unknown[]): boolean => {
    // Node's overloads: the callback may stand in the place of what is left out before it.
    const sent = args.find((arg) => typeof arg === 'function') as ((error: Error | null) => void) | undefined;
    const [passed, options] = args.map((arg) => (arg === sent ? undefined : arg));
    return channel.send(message, passed, options, sent);
  };
  process.disconnect = () => {
    channel.stopBatching();
    disconnect();
  };
  process.once('exit', () => channel.stopBatching());
}
