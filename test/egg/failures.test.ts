import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { EGGS, startEgg } from '../helpers/egg.js';

const FAILURES: readonly { readonly fault: string; readonly code: number; readonly message: RegExp }[] = [
  { fault: 'agent-throws', code: 10, message: /agent\.js throws while it is loaded/ },
  { fault: 'agent-did-load-rejects', code: 10, message: /agent: didLoad rejects/ },
  { fault: 'agent-will-ready-rejects', code: 10, message: /agent: willReady rejects/ },
  { fault: 'app-throws', code: 11, message: /app\.js throws while it is loaded/ },
  { fault: 'app-did-load-rejects', code: 11, message: /app: didLoad rejects/ },
  { fault: 'app-will-ready-rejects', code: 11, message: /app: willReady rejects/ },
];

for (const egg of EGGS) {
  for (const { fault, code, message } of FAILURES) {
    test(`${egg}: ${fault} ends the start with ${code}, and the termination message says why`, async (t) => {
      const cluster = await startEgg(t, egg, { fault });
      assert.equal(await cluster.ended(), code);
      assert.match(cluster.terminationMessage(), message);
      assert.equal(cluster.hasFile('started'), false);
      await cluster.assertGone();
    });
  }

  test(`${egg}: when the port of the application's own config is taken, the start ends with 14`, async (t) => {
    const other = createServer().listen(0);
    t.after(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const cluster = await startEgg(t, egg, { app: { port: undefined }, env: { APP_LISTEN_PORT: String(port) } });
    assert.equal(await cluster.ended(), 14);
    assert.match(cluster.terminationMessage(), new RegExp(`ClusterPortConflictError.*${port}`));
    await cluster.assertGone();
  });

  for (const role of ['agent', 'app'] as const) {
    test(`${egg}: when the ${role} never gets ready, the start ends with 12 at startup.timeout`, async (t) => {
      const config = { startup: { timeout: '4s' } };
      const cluster = await startEgg(t, egg, { fault: `${role}-never-loads`, config });
      assert.equal(await cluster.ended(), 12);
      await cluster.assertGone();
    });

    const code = role === 'agent' ? 10 : 11;
    test(`${egg}: the application's own workerStartTimeout ends the start of its ${role} with ${code}`, async (t) => {
      const cluster = await startEgg(t, egg, { fault: `${role}-never-loads`, env: { APP_START_TIMEOUT: '1500' } });
      assert.equal(await cluster.ended(), code);
      assert.match(String(cluster.logged('child.start-failed')[0]?.['message']), /start timeout/);
      await cluster.assertGone();
    });
  }
}
