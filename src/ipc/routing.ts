import type { UserMessage } from './protocol.js';

export type Sender = 'agent' | 'app' | 'parent';

export interface Directory {
  readonly masterPid: number;
  readonly agentPid: number | undefined;
}

export type Route =
  | { readonly to: 'master' | 'parent' | 'agent' | 'apps' }
  | { readonly to: 'app'; readonly pid: string }
  | { readonly to: 'nobody'; readonly why: string };

/** Where a message goes, by egg-cluster's rules (Messenger.send): a receiver's id, else `to`, else the sender's default. */
export function route(message: UserMessage, from: Sender, directory: Directory): Route {
  const receiver = message.receiverWorkerId ?? message.receiverPid;
  const isReceiver = (typeof receiver === 'string' && receiver !== '') || typeof receiver === 'number';
  if (isReceiver) return routeToReceiver(String(receiver), directory);
  // An empty text is no receiver and no `to`, as in egg-cluster.
  switch (message.to === '' ? defaultFor(from) : (message.to ?? defaultFor(from))) {
    case 'master':
      return { to: 'master' };
    case 'parent':
      return { to: 'parent' };
    case 'agent':
      return { to: 'agent' };
    case 'app':
      return { to: 'apps' };
    default:
      return { to: 'nobody', why: 'its "to" is none of master, parent, agent, app' };
  }
}

function routeToReceiver(receiver: string, directory: Directory): Route {
  if (receiver === String(directory.masterPid)) return { to: 'master' };
  if (directory.agentPid !== undefined && receiver === String(directory.agentPid)) return { to: 'agent' };
  return { to: 'app', pid: receiver };
}

function defaultFor(from: Sender): string {
  switch (from) {
    case 'agent':
      return 'app';
    case 'app':
      return 'agent';
    case 'parent':
      return 'master';
  }
}
