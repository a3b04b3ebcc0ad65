import { setTimeout } from 'node:timers/promises';
import { type Fact, settledAt } from '../module-cache/facts.js';

/**
 * What is installed right after this must not have the time of what was there before: nobody would see that it has changed. Throws the signal's reason.
 */
export async function untilSettled(facts: readonly Fact[], signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(Math.max(0, settledAt(facts) * 1000 - Date.now()), undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
