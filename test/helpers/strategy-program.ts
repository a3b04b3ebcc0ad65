/** A test for another network than the test runner's: `node strategy-program.js STRATEGY`, `auto EXPECTED`, or `STRATEGY twice`. */
import { test } from 'node:test';
import { changeWithoutLoss, chooses, claimsOnce } from './strategies.js';

const [strategy = '', expected] = process.argv.slice(2);
test(strategy, (t) => {
  if (expected === undefined) return changeWithoutLoss(t, strategy);
  return expected === 'twice' ? claimsOnce(t, strategy) : chooses(t, expected);
});
