/** Workers that are told to end one after the other, under load: no client may notice. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { type TestContext, test } from 'node:test';
import { fixture, startScript } from '../helpers/cluster.js';
import { type Deed, Load, ask, http2Client } from '../helpers/load.js';
import { roll } from '../helpers/rolls.js';

const CLIENTS = 6;
const ROLLS = 6;
/** Between two ends, so that the clients have come back to both workers. */
const ANSWERS = 40;

const TLS = {
  TLS_DIR: fixture('egg-parts/tls'),
  TLS_PASSPHRASE: 'tell-nobody-this-passphrase',
  CERT_DIR: fixture('egg-parts/tls'),
};

interface Kind {
  readonly name: string;
  readonly script: string;
  readonly client: (t: TestContext, port: number) => Deed;
}

const KINDS: readonly Kind[] = [
  { name: 'node:http, a connection for each request', script: 'hello.js', client: fresh },
  { name: 'node:http, kept connections', script: 'hello.js', client: kept },
  { name: 'node:https, a connection for each request', script: 'http2-and-http1.js', client: freshTls },
  { name: 'node:https, kept connections', script: 'http2-and-http1.js', client: keptTls },
  { name: 'HTTP/2', script: 'http2.js', client: (t, port) => http2AtOnce(t, `http://127.0.0.1:${port}`) },
  {
    name: 'HTTP/2 with TLS',
    script: 'http2-and-http1.js',
    client: (t, port) => http2AtOnce(t, `https://127.0.0.1:${port}`),
  },
  { name: 'koa', script: 'koa.js', client: kept },
  { name: 'express', script: 'express.js', client: fresh },
  { name: 'fastify', script: 'fastify.mjs', client: kept },
];

for (const { name, script, client } of KINDS) {
  test(`${name}: no request is lost when workers end`, async (t) => {
    const cluster = await startScript(t, `scripts/${script}`, {}, { env: TLS });
    await cluster.untilReady();
    const load = new Load(
      t,
      Array.from({ length: CLIENTS }, () => client(t, cluster.port)),
    );
    await roll(cluster, load, ROLLS, ANSWERS);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.equal(await cluster.stop(), 0);
    t.diagnostic(`${load.answered} answers`);
  });
}

function fresh(_: TestContext, port: number): Deed {
  return () => ask({ port, path: '/slow?2', agent: false });
}

function kept(t: TestContext, port: number): Deed {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  return () => ask({ port, path: '/slow?2', agent });
}

function freshTls(_: TestContext, port: number): Deed {
  return () => ask({ port, tls: true, agent: false });
}

function keptTls(t: TestContext, port: number): Deed {
  const agent = new TlsAgent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  return () => ask({ port, tls: true, agent });
}

function http2(t: TestContext, url: string): Deed {
  const client = http2Client(url);
  t.after(() => client.close());
  return client;
}

/** Several requests at a time on one session. */
function http2AtOnce(t: TestContext, url: string): Deed {
  const client = http2(t, url);
  return async () => {
    await Promise.all([client(), client(), client()]);
  };
}
