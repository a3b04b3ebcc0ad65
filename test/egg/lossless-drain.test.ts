import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { test } from 'node:test';
import { EGGS, startEgg } from '../helpers/egg.js';
import { Load, ask } from '../helpers/load.js';
import { roll } from '../helpers/rolls.js';

for (const egg of EGGS) {
  test(`${egg}: no request is lost when workers end, neither on kept connections nor on new ones`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const { port } = cluster;
    const kept = Array.from({ length: 3 }, () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      t.after(() => agent.destroy());
      return () => ask({ port, agent });
    });
    const fresh = (): Promise<void> => ask({ port, path: '/slow?ms=5', agent: false });
    const load = new Load(t, [...kept, fresh, fresh, fresh]);
    await roll(cluster, load, 4, 40);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.equal(await cluster.stop(), 0);
  });
}
