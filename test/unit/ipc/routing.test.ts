import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UserMessage } from '#eggcup/ipc/protocol.js';
import { type Route, type Sender, route } from '#eggcup/ipc/routing.js';

const MASTER = 1;
const AGENT = 20;
const SENDERS = ['agent', 'app', 'parent'] as const;

test('without a receiver or a "to" the sender decides: the agent means the apps, an app the agent, the parent us', () => {
  const defaults = { agent: 'apps', app: 'agent', parent: 'master' } as const;
  for (const from of SENDERS) {
    for (const to of [undefined, null, '']) {
      assert.deepEqual(routed({ to }, from), { to: defaults[from] }, `${from} to ${to}`);
    }
  }
});

test('"to" decides, whoever sends', () => {
  const targets = { master: 'master', parent: 'parent', agent: 'agent', app: 'apps' } as const;
  for (const from of SENDERS) {
    for (const [to, target] of Object.entries(targets)) assert.deepEqual(routed({ to }, from), { to: target });
  }
});

test("a receiver's id overrides \"to\", as text or as a number, under egg 3's name and egg 4's", () => {
  const receivers: readonly (readonly [number, Route])[] = [
    [MASTER, { to: 'master' }],
    [AGENT, { to: 'agent' }],
    [31, { to: 'app', pid: '31' }],
  ];
  for (const from of SENDERS) {
    for (const to of [undefined, 'master', 'parent', 'agent', 'app', 'nowhere']) {
      for (const [pid, target] of receivers) {
        assert.deepEqual(routed({ to, receiverPid: String(pid) }, from), target);
        assert.deepEqual(routed({ to, receiverPid: pid }, from), target);
        assert.deepEqual(routed({ to, receiverWorkerId: String(pid) }, from), target);
      }
    }
  }
});

test("egg 4's receiverWorkerId comes before receiverPid", () => {
  assert.deepEqual(routed({ receiverWorkerId: '31', receiverPid: '32' }, 'agent'), { to: 'app', pid: '31' });
});

test('an empty receiver, or one that is no id, is none', () => {
  for (const receiverPid of ['', null, {}, [], true]) {
    assert.deepEqual(routed({ receiverPid }, 'app'), { to: 'agent' });
    assert.deepEqual(routed({ receiverPid, to: 'parent' }, 'app'), { to: 'parent' });
  }
});

test('while the agent is down its pid is nobody in particular, and nothing throws', () => {
  const directory = { masterPid: MASTER, agentPid: undefined };
  const message = { action: 'x', receiverPid: String(AGENT) };
  assert.deepEqual(route(message, 'app', directory), { to: 'app', pid: String(AGENT) });
  assert.deepEqual(route({ action: 'x', receiverPid: 'undefined' }, 'app', directory), { to: 'app', pid: 'undefined' });
});

test('a "to" that egg does not know reaches nobody', () => {
  for (const to of ['apps', 'APP', 'worker', 5, {}, ['app'], '__proto__', 'constructor']) {
    assert.equal(routed({ to }, 'agent').to, 'nobody');
  }
});

function routed(message: Omit<UserMessage, 'action'>, from: Sender): Route {
  return route({ action: 'x', ...message }, from, { masterPid: MASTER, agentPid: AGENT });
}
