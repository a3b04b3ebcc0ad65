import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import type { TestContext } from 'node:test';
import { type Cluster, fixture, startCluster, startScript } from './cluster.js';
import { startEgg } from './egg.js';
import { Load, ask } from './load.js';
import { freePort } from './net.js';
import { until } from './until.js';

const PROGRAMS = {
  script: (t: TestContext, config: Readonly<Record<string, object>>) => startScript(t, 'scripts/hello.js', config),
  egg: (t: TestContext, config: Readonly<Record<string, object>>) => startEgg(t, 'egg4', { config }),
};

/**
 * Rolls, more workers and fewer, under load on kept connections and on new ones: none is lost. A worker that is killed is replaced, and
 * takes nobody else's requests with it.
 */
export async function changeWithoutLoss(t: TestContext, strategy: string): Promise<void> {
  for (const start of Object.values(PROGRAMS)) {
    const cluster = await start(t, { listen: { strategy } });
    await cluster.untilReady();
    assertChosen(cluster, strategy);
    const load = new Load(t, [...clients(t, cluster.port)]);
    for (let round = 1; round <= 3; round += 1) {
      await load.untilAnswered(100);
      cluster.signal('SIGUSR2');
      await cluster.untilLogged('reload.done', {}, round);
    }
    for (const [signal, workers] of [
      ['SIGTTIN', 3],
      ['SIGTTOU', 2],
    ] as const) {
      await load.untilAnswered(100);
      cluster.signal(signal);
      await until(`${workers} workers`, () => {
        const apps = cluster.status()?.children.filter(({ slot }) => slot !== 'agent') ?? [];
        return apps.length === workers && apps.every(({ state }) => state === 'ready');
      });
    }
    await load.untilAnswered(100);
    await load.stop();
    assert.deepEqual(load.failures, []);
    await killOne(t, cluster);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  }
}

/** What `auto` is here, by the boot line; requests are answered. */
export async function chooses(t: TestContext, expected: string): Promise<void> {
  const cluster = await startScript(t, 'scripts/hello.js', { listen: { strategy: 'auto' } });
  await cluster.untilReady();
  assertChosen(cluster, expected);
  await ask({ port: cluster.port, agent: false });
  assert.equal(await cluster.stop(), 0);
}

/** Two at the same moment, on the same port: one has it. */
export async function claimsOnce(t: TestContext, strategy: string): Promise<void> {
  const port = await freePort();
  const config = { app: { script: fixture('scripts/hello.js'), port }, listen: { strategy }, workers: { count: 2 } };
  const both = [startCluster(t, { config }), startCluster(t, { config })];
  const loser = await until('one to be refused', () => both.find(({ process: { exitCode } }) => exitCode !== null));
  const winner = both.find((cluster) => cluster !== loser);
  assert.ok(winner);
  assert.equal(await loser.ended(), 14);
  await winner.untilReady();
  assert.equal(await winner.stop(), 0);
}

function assertChosen(cluster: Cluster, expected: string): void {
  const [boot] = cluster.logged('boot');
  assert.ok(boot);
  const { strategy, reason } = boot['listening'] as { readonly strategy: string; readonly reason: string };
  assert.equal(strategy, expected, reason);
}

/** Its clients lose the request that each has under way, and no more. */
async function killOne(t: TestContext, cluster: Cluster & { readonly port: number }): Promise<void> {
  const fresh = Array.from({ length: 6 }, () => () => ask({ port: cluster.port, agent: false }));
  const load = new Load(t, fresh);
  await load.untilAnswered(100);
  const pid = cluster.pidOf('app-0');
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await until('its successor', () => cluster.logged('child.ready', { slot: 'app-0' }).at(-1)?.['pid'] !== pid);
  const goal = load.answered + 100;
  await until('100 more answers', () => load.answered >= goal);
  await load.stop();
  assert.ok(load.failures.length <= fresh.length, load.failures.join('\n'));
}

function* clients(t: TestContext, port: number): Generator<() => Promise<void>> {
  for (let index = 0; index < 4; index += 1) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    yield () => ask({ port, path: '/slow?2', agent });
    yield () => ask({ port, agent: false });
  }
}
