/** A test for another network than the test runner's: `node strategy-program.js STRATEGY EXPECTED`. */
import { test } from 'node:test';
import { changeWithoutLoss } from './strategies.js';

const [strategy = '', expected = strategy] = process.argv.slice(2);
test(strategy, (t) => changeWithoutLoss(t, strategy, expected));
