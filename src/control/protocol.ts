/** What travels over the control socket: one JSON object per line, each way (docs/control.md). */
import type { Snapshot } from '../health/snapshot.js';

/** All that the master can be asked. */
export type ControlRequest =
  | { readonly request: 'status' }
  /** `wait`: the answer comes when the roll has ended. */
  | { readonly request: 'reload'; readonly wait: boolean }
  | { readonly request: 'scale'; readonly workers: number };

export type ControlAnswer = StatusAnswer | ReloadAnswer | ScaleAnswer | Refusal;

export interface StatusAnswer {
  readonly ok: true;
  readonly status: Snapshot;
}

export interface ReloadAnswer {
  readonly ok: true;
  readonly reload: 'begun' | 'done';
}

export interface ScaleAnswer {
  readonly ok: true;
  /** How many app workers there were to be, and are to be now. */
  readonly from: number;
  readonly to: number;
  /** In milliseconds, the time that a start may take. */
  readonly startupMs: number;
  /** What is wrong with so many: memory does not hold them. */
  readonly warnings: readonly string[];
}

export interface Refusal {
  readonly ok: false;
  /**
   * `request`: it is none of the union; `too-long`: more than a request may have; `config`: the config is wrong, nothing has
   * changed; `aborted`: a new worker did not start; `stopping`: the cluster stops; `fault`: one of eggcup itself.
   */
  readonly code: 'request' | 'too-long' | 'config' | 'aborted' | 'stopping' | 'fault';
  readonly message: string;
  /** Of a config, one for each fault. */
  readonly problems?: readonly string[];
}

/** A request with its end of line is shorter than this. */
export const MAX_REQUEST_BYTES = 4096;
