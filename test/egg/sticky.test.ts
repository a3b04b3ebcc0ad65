/** Sticky sessions of an egg application. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EGGS, type WorkerPage, startEgg } from '../helpers/egg.js';
import { askAs } from '../helpers/sticky.js';

for (const egg of EGGS)
  test(`${egg}: a client with eggcup's cookie comes back to its worker`, async (t) => {
    const cluster = await startEgg(t, egg, { config: { listen: { sticky: 'cookie:worker' } } });
    await cluster.untilReady();
    const met = new Set<number>();
    for (let client = 2; client < 8; client += 1) {
      const first = await askAs(cluster.port, { from: `127.0.0.${client}` });
      const { pid } = JSON.parse(first.body) as WorkerPage;
      met.add(pid);
      const cookie = [first.headers['set-cookie'] ?? []].flat().find((it) => it.startsWith('worker='));
      assert.ok(cookie, 'no cookie');
      for (let count = 0; count < 5; count += 1) {
        const { body, headers } = await askAs(cluster.port, {
          headers: { cookie: cookie.split(';')[0] ?? '', via: '1.1 p' },
        });
        assert.equal((JSON.parse(body) as WorkerPage).pid, pid);
        assert.equal(headers['connection'], 'close');
      }
    }
    assert.equal(met.size, 2);
    assert.equal(await cluster.stop(), 0);
  });
