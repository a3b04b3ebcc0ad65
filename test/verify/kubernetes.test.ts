/**
 * deploy/ and the chart on a real Kubernetes 1.20: apiserver, scheduler, controller manager, kubelet, proxy, containerd. Too
 * slow for each CI run: `npm run verify:kubernetes`, whose last result is in docs/verified.md.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { IMAGES } from '../helpers/application-images.js';
import { projectRoot } from '../helpers/cluster.js';
import { type Manifest, templateWith } from '../helpers/helm.js';
import {
  KubernetesNode,
  LONG_MS,
  type Namespace,
  isReady,
  manifestsOf,
  restartsOf,
} from '../helpers/kubernetes-node.js';
import { until } from '../helpers/until.js';
import { Load } from '../helpers/wrk.js';

const node = new KubernetesNode();
/** Lets the application listen, see test/fixtures/kubernetes/hello. */
const WAITS = [{ name: 'WAIT_FOR', value: '/tmp/go' }];
const GO = 'fs.writeFileSync("/tmp/go", "")';

before(() => node.startNode(process.env['EGGCUP_KUBERNETES'] ?? ''), { timeout: 600_000 });
after(() => node.stop());

/** A namespace of its own, which goes with the test. */
function namespaced(title: string, name: string, run: (namespace: Namespace, t: TestContext) => Promise<void>): void {
  test(title, async (t) => {
    const namespace = node.namespace(name);
    t.after(() => namespace.remove());
    try {
      await run(namespace, t);
    } catch (error) {
      t.diagnostic(namespace.kubectl('describe', 'pods'));
      t.diagnostic(namespace.logs);
      throw error;
    }
  });
}

/** The chart for the hello application, with what a test of it needs otherwise. */
function chart(namespace: Namespace, values: object = {}): readonly Manifest[] {
  const [repository, tag] = IMAGES.hello.split(':');
  const base = {
    fullnameOverride: 'hello',
    image: { repository, tag },
    config: { app: { script: 'server.js' } },
    resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '256Mi' } },
    test: { enabled: false },
  };
  const rendered = templateWith('helm', values, ['--namespace', namespace.name, '--kube-version', '1.25.0'], base);
  assert.equal(rendered.refusal, '');
  return rendered.manifests;
}

/** A manifest of deploy/, with the image of this test and a small request. */
function deployed(file: string, image: string, env: readonly object[] = []): readonly Manifest[] {
  const manifests = manifestsOf(readFileSync(join(projectRoot, 'deploy', file), 'utf8'));
  for (const manifest of manifests.filter(({ kind }) => kind === 'Deployment')) {
    const [container] = manifest['spec'].template.spec.containers;
    container.image = image;
    container.imagePullPolicy = 'Never';
    container.env.push(...env);
    container.resources.requests.cpu = '100m';
  }
  return manifests;
}

namespaced(
  'deploy/kubernetes.yaml: a pod is ready, and takes traffic, only at egg-ready',
  'hello',
  async (namespace) => {
    namespace.apply(deployed('kubernetes.yaml', IMAGES.hello, WAITS));
    const askedInVain = (): readonly string[] | false => {
      const names = namespace.pods.map(({ metadata }) => metadata.name);
      const { events } = namespace;
      const isAsked = (name: string): boolean => new RegExp(`Unhealthy.*${name}.*Startup probe failed`).test(events);
      return names.length === 2 && names.every(isAsked) && names;
    };
    const [first = '', second = ''] = await until('both to be asked in vain', askedInVain, LONG_MS);
    assert.deepEqual(namespace.endpointsOf('hello'), []);
    for (const { status } of namespace.pods)
      assert.deepEqual([status.phase, status.containerStatuses?.[0]?.started], ['Running', false]);

    namespace.evaluate(first, GO);
    await until('the first to be ready', () => isReady(namespace.pod(first)), LONG_MS);
    assert.equal(isReady(namespace.pod(second)), false);
    const since =
      namespace.pod(first).status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
    const [eggReady] = logged(namespace.logOf(first), 'cluster.ready');
    // Kubernetes tells whole seconds.
    assert.ok(
      Date.parse(since) + 1000 > Date.parse(String(eggReady?.['time'])),
      `${since} ${JSON.stringify(eggReady)}`,
    );
    await until('it to be an endpoint', () => namespace.endpointsOf('hello').length === 1);
    assert.equal(await namespace.fetch(namespace.addressOf('hello')), `hello from ${first}\n`);
    const [boot] = logged(namespace.logOf(first), 'boot');
    assert.match(JSON.stringify(boot?.['reasons']), /workers\.cpu 0\.1/);

    namespace.evaluate(second, GO);
    await namespace.untilReady(2);
  },
);

namespaced('deploy/kubernetes-egg.yaml: an egg application, in a read-only file system', 'shop', async (namespace) => {
  namespace.apply(deployed('kubernetes-egg.yaml', IMAGES.egg));
  await namespace.untilReady(2);
  assert.match(await namespace.fetch(namespace.addressOf('shop')), /^egg of shop-/);
  assert.match(namespace.kubectl('get', 'poddisruptionbudget'), /shop .* 1 /);
});

for (const [connections, header] of [
  ['kept', 'keep-alive'],
  ['new for each request', 'close'],
] as const) {
  const title = `a rolling update under load loses no request (connections are ${connections})`;
  namespaced(title, `roll-${header}`, async (namespace, t) => {
    namespace.apply(chart(namespace, { replicaCount: 2 }));
    const before = (await namespace.untilReady(2)).map(({ metadata }) => metadata.name);
    const options = '--threads 1 --connections 16 --duration 300s --timeout 10s'.split(' ');
    const target = ['--header', `connection: ${header}`, `http://${namespace.addressOf('hello')}/?ms=20`];
    // It says that it has begun, but to a pipe only when it ends.
    const load = new Load(t, node.inside('stdbuf', ['-oL', 'wrk', ...options, ...target]));
    await load.untilStarted();
    namespace.kubectl('rollout', 'restart', 'deployment/hello');
    namespace.kubectl('rollout', 'status', 'deployment/hello', '--timeout=240s');
    const areGone = (): boolean => {
      const all = namespace.kubectl('get', 'pods', '--output', 'name'); // Those that are about to go among them.
      return before.every((pod) => !all.includes(pod));
    };
    await until('the old pods to be gone', areGone, LONG_MS);
    const { requests, failures } = await load.stop();
    t.diagnostic(`${requests} requests, ${failures === '' ? 'none failed' : failures}`);
    assert.ok(requests > 1000, String(requests));
    assert.equal(failures, '');
  });
}

namespaced('probes over HTTP, and what Prometheus would ask for', 'http', async (namespace) => {
  namespace.apply(chart(namespace, { probes: { mode: 'http' }, extraEnv: WAITS }));
  const refused = /Unhealthy.*Startup probe failed: HTTP probe failed with statuscode: 503/;
  await until('the startup probe to be refused', () => refused.test(namespace.events), LONG_MS);
  for (const { metadata } of namespace.pods) namespace.evaluate(metadata.name, GO);
  const [pod] = await namespace.untilReady(2);
  assert.match(await namespace.fetch(`${pod?.status.podIP}:7002`, '/metrics'), /^eggcup_/m);
});

namespaced('a master that hangs is restarted by the liveness probe', 'hang', async (namespace, t) => {
  const values = {
    replicaCount: 1,
    config: { shutdown: { delay: '0s', app: '2s', agent: '1s' } },
    probes: { liveness: { periodSeconds: 2, failureThreshold: 2 } },
    extraEnv: [
      { name: 'NODE_OPTIONS', value: '--import=/app/block-loop.mjs' },
      { name: 'BLOCK_WHEN', value: '/tmp/block' },
      { name: 'BLOCK_MS', value: '600000' },
    ],
  };
  namespace.apply(chart(namespace, values));
  const [pod] = await namespace.untilReady(1);
  namespace.evaluate(pod?.metadata.name ?? '', 'fs.writeFileSync("/tmp/block", "")');
  await until('the container to be restarted', () => restartsOf(namespace.pods[0]) === 1, LONG_MS);
  assert.match(namespace.events, /Unhealthy.*Liveness probe failed: not live/);
  t.diagnostic(namespace.events);
});

namespaced(
  'kubectl describe pod shows why it has ended: a kill for memory, a crash',
  'reason',
  async (namespace, t) => {
    const values = {
      replicaCount: 1,
      config: { restart: { limit: 2, backoff: { initial: '0ms' } } },
      resources: { requests: { cpu: '100m', memory: '200Mi' }, limits: { memory: '200Mi' } },
    };
    namespace.apply(chart(namespace, values));
    await namespace.untilReady(1);
    const address = namespace.addressOf('hello');
    await namespace.fetch(address, '/leak');
    await until('the kernel to kill the worker', () => /"cause":"out of memory/.test(namespace.logs), LONG_MS);
    await until('its successor to be ready', () => logged(namespace.logs, 'child.ready').length === 2);
    namespace.try(address, '/crash'); // It may not get to answering.
    await until('the container to be restarted', () => restartsOf(namespace.pods[0]) === 1, LONG_MS);
    const text = namespace.kubectl('describe', 'pods');
    t.diagnostic(text);
    assert.match(text, /Last State:\s+Terminated[^]*Exit Code:\s+13/);
    assert.match(text, /Message:[^]*out of memory \(limit 200\.0 MiB/);
  },
);

namespaced('a config that is wrong takes nobody down, and says why', 'wrong', async (namespace, t) => {
  const namesOfReady = (): readonly string[] => namespace.pods.filter(isReady).map(({ metadata }) => metadata.name);
  namespace.apply(chart(namespace));
  await namespace.untilReady(2);
  const good = namesOfReady();
  // Right for the schema, wrong for eggcup: a variable that is not set.
  namespace.apply(chart(namespace, { config: { app: { env: { TOKEN: '${NOT_SET}' } } } }));
  const ended = (): string | undefined =>
    namespace.pods
      .flatMap(({ status }) => status.containerStatuses?.[0]?.lastState.terminated ?? [])
      .find(({ exitCode }) => exitCode === 78)?.message;
  const message = await until('a new pod to end with 78', ended, LONG_MS);
  t.diagnostic(message);
  assert.match(message, /NOT_SET/);
  assert.deepEqual(namesOfReady().toSorted(), good.toSorted());
});

function logged(log: string, event: string): readonly Record<string, unknown>[] {
  return log
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
