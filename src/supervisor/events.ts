import type { RollRequest, Slot } from './model.js';

/** What happens to a cluster, as the supervisor is told. `at` is when, in milliseconds of one monotonic clock. */
export type Event = { readonly at: number } & (
  | {
      readonly kind: 'child-forked';
      readonly id: number;
      readonly slot: Slot;
      readonly pid: number;
      /** It was ordered by `fork-successor`. */
      readonly takesOver: boolean;
      /** The standby that it was, if it was one. */
      readonly standby?: number | undefined;
    }
  | { readonly kind: 'standby-forked'; readonly id: number; readonly pid: number }
  /** It has loaded what it may, and can be used. */
  | { readonly kind: 'standby-ready'; readonly id: number }
  /** It can't be used, says so, or does not say any more that it runs. */
  | { readonly kind: 'standby-failed'; readonly id: number; readonly why: string }
  | { readonly kind: 'standby-refused'; readonly message: string }
  | {
      readonly kind: 'standby-exited';
      readonly id: number;
      readonly code: number | null;
      readonly signal: string | null;
    }
  | { readonly kind: 'successor-refused'; readonly slot: Slot; readonly message: string }
  | ({ readonly kind: 'roll-requested' } & RollRequest)
  /** The event loop of an app worker that was ready is silent for too long, or not any more. */
  | { readonly kind: 'child-hung'; readonly id: number; readonly silentMs: number }
  | { readonly kind: 'child-answers'; readonly id: number }
  /** An app worker has done or holds as much as it is meant to: another takes its place. */
  | { readonly kind: 'child-worn'; readonly id: number; readonly why: string }
  /** So many app workers, or so many more than there are to be. */
  | { readonly kind: 'scale-requested'; readonly reason: string; readonly to: number }
  | { readonly kind: 'scale-requested'; readonly reason: string; readonly by: number }
  | { readonly kind: 'fork-failed'; readonly slot: Slot; readonly message: string }
  | { readonly kind: 'child-ready' | 'child-unready'; readonly id: number }
  /** Its servers listen, but that does not make it ready: `listening on http://127.0.0.1:8080, not on port 3000`; `undefined` once none does. */
  | { readonly kind: 'child-not-ready'; readonly id: number; readonly why: string | undefined }
  /** It has ended, but not what it had started: `sleep (pid 17)`. */
  | { readonly kind: 'child-outlived'; readonly id: number; readonly by: string }
  /** It was told to end, by whomever, and accepts nothing more. */
  | { readonly kind: 'child-leaving'; readonly id: number }
  | {
      readonly kind: 'child-start-failed';
      readonly id: number;
      readonly portTaken: boolean;
      readonly message: string;
    }
  | { readonly kind: 'child-disconnected'; readonly id: number }
  | {
      readonly kind: 'child-exited';
      readonly id: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** What the kernel tells of it, in words. */
      readonly cause?: string | undefined;
    }
  /** cfork's own limit, the backstop of ours. */
  | { readonly kind: 'refork-refused' }
  | { readonly kind: 'stop-requested'; readonly signal: string }
  | { readonly kind: 'master-failed'; readonly message: string }
  /** The master itself has stood still, so much longer than it meant to. */
  | { readonly kind: 'master-late'; readonly ms: number }
  /** Another policy is in force. */
  | { readonly kind: 'policy-changed' }
  /** Everything that had happened by `at` has been told: only now is anybody's time over. */
  | { readonly kind: 'time-passed' }
);
