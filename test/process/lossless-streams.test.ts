/** Connections that last, at the planned end of a worker: they are told. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fixture, startScript } from '../helpers/cluster.js';
import { Load } from '../helpers/load.js';
import { roll } from '../helpers/rolls.js';
import { echoClient, readEvents, readEventsByHttp2 } from '../helpers/streams.js';

const CLIENTS = 6;
const ROLLS = 6;
const GOING_AWAY = 1001;

const TLS = { TLS_DIR: fixture('egg-parts/tls'), TLS_PASSPHRASE: 'tell-nobody-this-passphrase' };

for (const tls of [false, true])
  test(`${tls ? 'wss' : 'ws'}: each connection of a worker that ends gets a close frame, and a new one works`, (t) => {
    return endWebSockets(t, tls);
  });

async function endWebSockets(t: TestContext, tls: boolean): Promise<void> {
  const config = { shutdown: { app: '6s', agent: '1s' } };
  const cluster = await startScript(t, 'scripts/web-socket.js', config, { env: tls ? TLS : {} });
  await cluster.untilReady();
  const codes: number[] = [];
  const clients = Array.from({ length: CLIENTS }, () => echoClient({ port: cluster.port, tls }, codes));
  t.after(() => clients.forEach((client) => client.close()));
  const load = new Load(t, clients);
  await roll(cluster, load, ROLLS, 40);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.ok(codes.length >= ROLLS, `${codes.length} close frames`);
  assert.deepEqual([...new Set(codes)], [GOING_AWAY]);
  // The clients stand still now and answer no close frame: cut off when the time is over, which is an end as it should be.
  assert.equal(await cluster.stop(), 0);
}

for (const [protocol, env, read] of [
  ['HTTP/1', {}, readEvents],
  ['HTTP/2', { HTTP2: 'yes' }, readEventsByHttp2],
] as const)
  test(`event streams of ${protocol} end whole; what a POST has asked for is finished`, async (t) => {
    const cluster = await startScript(t, 'scripts/event-stream.js', {}, { env });
    await cluster.untilReady();
    const standing = async (): Promise<void> => {
      assert.match(await read(cluster.port, 'GET'), /^(id: \d+\ndata: \d+\n\n)*$/);
    };
    const finite = async (): Promise<void> => {
      assert.match(await read(cluster.port, 'POST'), /data: last\n\n$/);
    };
    const load = new Load(t, [standing, standing, standing, standing]);
    const asked = new Load(t, [finite, finite]);
    await roll(cluster, asked, ROLLS, 4);
    await asked.stop();
    const ended = load.stop();
    assert.equal(await cluster.stop(), 0);
    await ended;
    assert.deepEqual([...load.failures, ...asked.failures], []);
  });
