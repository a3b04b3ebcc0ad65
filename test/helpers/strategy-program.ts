/** A test for another network than the test runner's: `node strategy-program.js STRATEGY`, or `auto EXPECTED`. */
import { test } from 'node:test';
import { changeWithoutLoss, chooses } from './strategies.js';

const [strategy = '', expected] = process.argv.slice(2);
test(strategy, (t) => (expected === undefined ? changeWithoutLoss(t, strategy) : chooses(t, expected)));
