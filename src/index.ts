/** For applications that run under eggcup: `import { messenger } from 'eggcup'`. */
import type { Messenger } from './ipc/messenger.js';
import { sharedMessenger } from './worker/messenger.js';

export type { Messenger };

/** Messages between the agent and the app workers of this cluster. */
export const messenger: Messenger = sharedMessenger();
