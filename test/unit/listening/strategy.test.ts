/** Which strategy a config gets where, and why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseStrategy, type Offer, readOffer } from '#eggcup/listening/strategy.js';
import { parseSticky } from '#eggcup/sticky/mode.js';
import { writeTree } from '../container/tree.js';

type Config = Parameters<typeof chooseStrategy>[0];

const GOOD: Offer = {
  platform: 'linux',
  node: '22.12.0',
  migrates: { kind: 'present', value: true, source: '/proc/sys/net/ipv4/tcp_migrate_req' },
};
const SWITCHED_OFF: Offer = { ...GOOD, migrates: { kind: 'present', value: false, source: '' } };

function config(strategy: Config['listen']['strategy'], more: { sticky?: string; unixSocket?: string } = {}): Config {
  const { sticky = 'none', unixSocket } = more;
  return { listen: { strategy, sticky: parseSticky(sticky) }, app: { unixSocket } } as Config;
}

test('what the config names is taken, wherever it can be had', () => {
  for (const strategy of ['roundRobin', 'shared'] as const)
    assert.equal(chooseStrategy(config(strategy), { ...SWITCHED_OFF, node: '20.20.2' }).strategy, strategy);
  assert.equal(chooseStrategy(config('reusePort'), GOOD).strategy, 'reusePort');
});

const OBSTACLES: readonly (readonly [Offer, RegExp])[] = [
  [{ ...GOOD, node: '20.20.2' }, /Node\.js 20\.20\.2 has no SO_REUSEPORT/],
  [{ ...GOOD, node: '22.11.0' }, /take Node\.js 22\.12 or later/],
  [{ ...GOOD, platform: 'darwin' }, /darwin is not Linux/],
  [SWITCHED_OFF, /net\.ipv4\.tcp_migrate_req is 0: .*set it to 1 \(docker run --sysctl net\.ipv4\.tcp_migrate_req=1/],
  [{ ...GOOD, migrates: { kind: 'absent' } }, /no net\.ipv4\.tcp_migrate_req: .*Linux 5\.14/],
  [{ ...GOOD, migrates: { kind: 'unreadable', source: '/proc/sys/x', reason: 'EACCES' } }, /\/proc\/sys\/x: EACCES/],
];

test('reusePort that would lose connections, or is not there, is refused with the remedy; auto does without', () => {
  for (const [offer, expected] of OBSTACLES) {
    assert.throws(() => chooseStrategy(config('reusePort'), offer), { code: 'ERR_LISTEN_STRATEGY', message: expected });
    const { strategy, reason } = chooseStrategy(config('auto'), offer);
    assert.deepEqual([strategy, reason.startsWith('auto: reusePort is not safe here: ')], ['roundRobin', true]);
  }
});

test('auto says why', () => {
  const reason = (more: object, offer = GOOD): string => {
    const { strategy, reason: why } = chooseStrategy(config('auto', more), offer);
    return `${strategy}, ${why}`;
  };
  assert.equal(reason({}), 'reusePort, auto: Node.js 22.12.0 has it, and net.ipv4.tcp_migrate_req is 1');
  assert.equal(reason({ sticky: 'address' }), 'roundRobin, auto: listen.sticky address needs the master to choose');
  assert.equal(reason({ unixSocket: '/run/x' }), 'roundRobin, auto: app.unixSocket has one queue');
});

test('the switch is read below a root, and may be missing', (t) => {
  const file = 'proc/sys/net/ipv4/tcp_migrate_req';
  const read = (text: string): unknown => readOffer(writeTree(t, { [file]: text })).migrates;
  assert.deepEqual(read('1\n'), { kind: 'present', value: true, source: `/${file}` });
  assert.deepEqual(read('0\n'), { kind: 'present', value: false, source: `/${file}` });
  assert.deepEqual(readOffer(writeTree(t, {})).migrates, { kind: 'absent' });
});
