/** What cannot be together fails to render, with a sentence that names the values and the remedy. */
import assert from 'node:assert/strict';
import { templateWith, testWithHelm } from './helm.js';

/** Values, laid over ones that render, and the sentence that refuses them. */
export type Refused = readonly [object, string];

export function testRefusals(refused: readonly Refused[]): void {
  for (const [values, sentence] of refused)
    testWithHelm(`refused: ${sentence}`, (_t, helm) => {
      assert.deepEqual(sentencesOf(templateWith(helm, values).refusal), [sentence]);
    });
}

export function sentencesOf(refusal: string): readonly string[] {
  return refusal
    .split('\n')
    .filter((line) => line.startsWith('  - '))
    .map((line) => line.slice(4));
}
