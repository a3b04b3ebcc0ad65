import type { LaunchId, Slot } from '#eggcup/supervisor/model.js';

/** What a process really is, whatever the supervisor believes. */
export interface SimulatedProcess {
  readonly id: number;
  readonly slot: Slot;
  readonly launch: LaunchId;
  readonly pid: number;
  alive: boolean;
  /** Its end has been told to the supervisor; later than the end itself when descendants have to be waited for. */
  endTold: boolean;
  connected: boolean;
  gateOpened: boolean;
  saidReady: boolean;
  /** It has loaded the application. */
  wasReady: boolean;
  hangs: boolean;
  /** It hung, which was a crash: its end is none. */
  isHangCounted: boolean;
  /** It drains, told by somebody else, and closes its channel once it may. */
  leaves: 'no' | 'asks' | 'may';
  terminated: boolean;
  killed: boolean;
  /** To take over, or taken over from: cfork does not replace it. */
  unreplaced: boolean;
  reforkAllowed: boolean;
  ignoresTerm: boolean;
  ignoresKill: boolean;
}

export const NEWBORN = {
  alive: true,
  endTold: false,
  connected: true,
  gateOpened: false,
  saidReady: false,
  wasReady: false,
  hangs: false,
  isHangCounted: false,
  leaves: 'no' as const,
  terminated: false,
  killed: false,
  ignoresTerm: false,
  ignoresKill: false,
};

/** Whether it is ready and stays for now. */
export function isOfUse({ alive, connected, saidReady, hangs, terminated, killed }: SimulatedProcess): boolean {
  return alive && connected && saidReady && !hangs && !terminated && !killed;
}
