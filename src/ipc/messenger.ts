/**
 * Messages between the agent and the app workers, in egg's words. `data` is sent as JSON.
 * Outside of eggcup nothing is sent and nothing arrives.
 */
export interface Messenger {
  /** Pids that `sendRandom` chooses from: in an app worker the agent's, in the agent those of the workers that listen. */
  readonly pids: readonly number[];
  /** To all app workers. */
  sendToApp(action: string, data?: unknown): void;
  /** To the agent. */
  sendToAgent(action: string, data?: unknown): void;
  /** From the agent to one app worker, by chance; from an app worker to the agent. */
  sendRandom(action: string, data?: unknown): void;
  /** To the process with this pid. */
  sendTo(pid: number | string, action: string, data?: unknown): void;
  /** To the agent and to all app workers. */
  broadcast(action: string, data?: unknown): void;
  /** Hears an action; also the master's `egg-ready` (all app workers listen), `egg-pids` and `agent-start`. */
  on(action: string, listener: (data: unknown) => void): this;
  once(action: string, listener: (data: unknown) => void): this;
  off(action: string, listener: (data: unknown) => void): this;
}
