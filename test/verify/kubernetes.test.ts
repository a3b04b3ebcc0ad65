/**
 * deploy/ and the chart on a real Kubernetes 1.20: apiserver, scheduler, controller manager, kubelet, proxy, containerd. Too
 * slow for each CI run: `npm run verify:kubernetes`, whose last result is in docs/verified.md.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { projectRoot } from '../helpers/cluster.js';
import { type Manifest, templateWith } from '../helpers/helm.js';
import { IMAGES } from '../helpers/application-images.js';
import { KubernetesNode, type Pod, manifestsOf } from '../helpers/kubernetes-node.js';
import { until } from '../helpers/until.js';
import { Load } from '../helpers/wrk.js';

const node = new KubernetesNode();
const LONG_MS = 180_000;

before(() => node.startNode(process.env['EGGCUP_KUBERNETES'] ?? ''), { timeout: 600_000 });
after(() => node.stop());

/** A namespace of its own, which goes with the test. */
function namespaced(name: string, namespace: string, run: (t: TestContext, namespace: string) => Promise<void>): void {
  test(name, async (t) => {
    node.apply('default', [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
    try {
      await run(t, namespace);
    } catch (error) {
      t.diagnostic(node.try('kubectl', ['describe', 'pods', '--namespace', namespace]).output);
      t.diagnostic(logsOf(namespace));
      throw error;
    } finally {
      node.kubectl('delete', 'namespace', namespace, '--wait=false');
    }
  });
}

const IMAGE_OF_CHART = { repository: 'localhost/eggcup-test/hello', tag: '1' };
/** The chart for the hello application, with what a test of it needs otherwise. */
function chart(namespace: string, values: Record<string, unknown> = {}): readonly Manifest[] {
  const base = {
    fullnameOverride: 'hello',
    image: IMAGE_OF_CHART,
    config: { app: { script: 'server.js' } },
    resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '256Mi' } },
    test: { enabled: false },
  };
  const rendered = templateWith('helm', values, ['--namespace', namespace, '--kube-version', '1.25.0'], base);
  assert.equal(rendered.refusal, '');
  return rendered.manifests;
}

/** A manifest of deploy/, with the image of this test and small requests, in its own namespace. */
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

const isReady = (pod: Pod): boolean => pod.status.containerStatuses?.[0]?.ready === true;
const restartsOf = (pod: Pod | undefined): number => pod?.status.containerStatuses?.[0]?.restartCount ?? 0;

async function untilReady(namespace: string, count: number): Promise<readonly Pod[]> {
  return until(
    `${count} pods to be ready`,
    () => {
      const pods = node.pods(namespace);
      return pods.length === count && pods.every(isReady) && pods;
    },
    LONG_MS,
  );
}

const addressOf = (namespace: string, service: string): string =>
  node.kubectl('get', 'service', service, '--namespace', namespace, '--output', 'jsonpath={.spec.clusterIP}');
const endpointsOf = (namespace: string, service: string): string =>
  node.kubectl(
    'get',
    'endpoints',
    service,
    '--namespace',
    namespace,
    '--output',
    'jsonpath={.subsets[*].addresses[*].ip}',
  );
/** The proxy hears of a pod that is ready a little later. */
const fetchFrom = (address: string, path = '/'): Promise<string> =>
  until(`an answer from ${address}${path}`, () => {
    const { status, output } = node.try('curl', ['--silent', '--max-time', '10', `http://${address}${path}`]);
    return status === 0 && output;
  });

namespaced(
  'deploy/kubernetes.yaml: a pod is ready, and takes traffic, only at egg-ready',
  'hello',
  async (_, namespace) => {
    const manifests = deployed('kubernetes.yaml', IMAGES.hello, [{ name: 'WAIT_FOR', value: '/tmp/go' }]);
    node.apply(namespace, manifests);
    const names = await until(
      'both to be asked in vain',
      () => {
        const pods = node.pods(namespace);
        const events = node.kubectl('get', 'events', '--namespace', namespace);
        const asked = pods.filter(({ metadata }) =>
          new RegExp(`Unhealthy.*${metadata.name}.*Startup probe failed`).test(events),
        );
        return asked.length === 2 && pods.map(({ metadata }) => metadata.name);
      },
      LONG_MS,
    );
    assert.equal(endpointsOf(namespace, 'hello'), '');
    for (const pod of node.pods(namespace)) {
      assert.equal(pod.status.phase, 'Running');
      assert.equal(pod.status.containerStatuses?.[0]?.started, false);
    }
    const [first = '', second = ''] = names;
    node.evaluate(namespace, first, 'fs.writeFileSync("/tmp/go", "")');
    await until(
      'the first to be ready',
      () => node.pods(namespace).some((pod) => pod.metadata.name === first && isReady(pod)),
      LONG_MS,
    );
    assert.equal(
      node.pods(namespace).find(({ metadata }) => metadata.name === second)?.status.containerStatuses?.[0]?.ready,
      false,
    );
    const [ready] = logged(node.logs(namespace, first), 'cluster.ready');
    const since = node
      .pods(namespace)
      .find(({ metadata }) => metadata.name === first)
      ?.status.conditions?.find(({ type }) => type === 'Ready');
    // Kubernetes tells whole seconds.
    assert.ok(
      Date.parse(since?.lastTransitionTime ?? '') + 1000 > Date.parse(String(ready?.['time'])),
      JSON.stringify([since, ready]),
    );
    await until(
      'it to be an endpoint',
      () => endpointsOf(namespace, 'hello').split(' ').length === 1 && endpointsOf(namespace, 'hello') !== '',
    );
    assert.equal(await fetchFrom(addressOf(namespace, 'hello')), `hello from ${first}\n`);
    const [boot] = logged(node.logs(namespace, first), 'boot');
    assert.match(JSON.stringify(boot?.['reasons']), /workers\.cpu 0\.1/);
    node.evaluate(namespace, second, 'fs.writeFileSync("/tmp/go", "")');
    await untilReady(namespace, 2);
  },
);

namespaced(
  'deploy/kubernetes-egg.yaml: an egg application, in a read-only file system',
  'shop',
  async (_, namespace) => {
    node.apply(namespace, deployed('kubernetes-egg.yaml', IMAGES.egg));
    const [first] = await untilReady(namespace, 2);
    assert.match(await fetchFrom(addressOf(namespace, 'shop')), /^egg of shop-/);
    assert.match(node.kubectl('get', 'poddisruptionbudget', '--namespace', namespace), /shop .* 1 /);
    assert.ok(first !== undefined && /"event":"boot"/.test(node.logs(namespace, first.metadata.name)));
  },
);

for (const [name, header] of [
  ['kept', 'keep-alive'],
  ['new for each request', 'close'],
] as const) {
  namespaced(
    `a rolling update under load loses no request (connections are ${name})`,
    `roll-${header}`,
    async (t, namespace) => {
      const manifests = chart(namespace, { replicaCount: 2 });
      node.apply(namespace, manifests);
      const before = (await untilReady(namespace, 2)).map(({ metadata }) => metadata.name);
      const url = `http://${addressOf(namespace, 'hello')}/?ms=20`;
      const load = new Load(
        node.inside('stdbuf', [
          '-oL',
          'wrk',
          '--threads',
          '1',
          '--connections',
          '16',
          '--duration',
          '300s',
          '--timeout',
          '10s',
          '--header',
          `connection: ${header}`,
          url,
        ]),
      );
      await load.untilStarted();
      node.kubectl('rollout', 'restart', 'deployment/hello', '--namespace', namespace);
      node.kubectl('rollout', 'status', 'deployment/hello', '--namespace', namespace, '--timeout=240s');
      await until(
        'the old pods to be gone',
        () => {
          const pods = node.kubectl('get', 'pods', '--namespace', namespace, '--output', 'name');
          return before.every((pod) => !pods.includes(pod));
        },
        LONG_MS,
      );
      const { requests, failures } = await load.stop();
      t.diagnostic(`${requests} requests, ${failures === '' ? 'none failed' : failures}`);
      assert.ok(requests > 1000, String(requests));
      assert.equal(failures, '');
    },
  );
}

namespaced('probes over HTTP, and what Prometheus would ask for', 'http', async (_, namespace) => {
  node.apply(
    namespace,
    chart(namespace, { probes: { mode: 'http' }, extraEnv: [{ name: 'WAIT_FOR', value: '/tmp/go' }] }),
  );
  const asked = (): boolean =>
    /Unhealthy.*Startup probe failed: HTTP probe failed with statuscode: 503/.test(
      node.kubectl('get', 'events', '--namespace', namespace),
    );
  await until('the startup probe to be refused', asked, LONG_MS);
  for (const { metadata } of node.pods(namespace))
    node.evaluate(namespace, metadata.name, 'fs.writeFileSync("/tmp/go", "")');
  const [pod] = await untilReady(namespace, 2);
  assert.match(await fetchFrom(`${pod?.status.podIP}:7002`, '/metrics'), /^eggcup_/m);
});

namespaced('a master that hangs is restarted by the liveness probe', 'hang', async (t, namespace) => {
  node.apply(
    namespace,
    chart(namespace, {
      replicaCount: 1,
      config: { shutdown: { delay: '0s', app: '2s', agent: '1s' } },
      probes: { liveness: { periodSeconds: 2, failureThreshold: 2 } },
      extraEnv: [
        { name: 'NODE_OPTIONS', value: '--import=/app/block-loop.mjs' },
        { name: 'BLOCK_WHEN', value: '/tmp/block' },
        { name: 'BLOCK_MS', value: '600000' },
      ],
    }),
  );
  const [pod] = await untilReady(namespace, 1);
  const name = pod?.metadata.name ?? '';
  node.evaluate(namespace, name, 'fs.writeFileSync("/tmp/block", "")');
  await until('the container to be restarted', () => restartsOf(node.pods(namespace)[0]) === 1, LONG_MS);
  assert.match(node.kubectl('get', 'events', '--namespace', namespace), /Unhealthy.*Liveness probe failed/);
  t.diagnostic(node.kubectl('get', 'events', '--namespace', namespace));
});

namespaced(
  'kubectl describe pod shows why it has ended: crashes, and one for memory',
  'reason',
  async (t, namespace) => {
    node.apply(
      namespace,
      chart(namespace, {
        replicaCount: 1,
        config: { restart: { limit: 2, backoff: { initial: '0ms' } } },
        resources: { requests: { cpu: '100m', memory: '200Mi' }, limits: { memory: '200Mi' } },
      }),
    );
    await untilReady(namespace, 1);
    const address = addressOf(namespace, 'hello');
    const describe = (): string => node.kubectl('describe', 'pods', '--namespace', namespace);
    await fetchFrom(address, '/leak');
    await until('the kernel to kill the worker', () => /"cause":"out of memory/.test(logsOf(namespace)), LONG_MS);
    await until('the worker that comes next to be ready', () => countOf(logsOf(namespace), '"child.ready"') === 2);
    // It may not get to answering.
    node.try('curl', ['--silent', '--max-time', '10', `http://${address}/crash`]);
    await until('the container to be restarted', () => restartsOf(node.pods(namespace)[0]) === 1, LONG_MS);
    const text = describe();
    t.diagnostic(text);
    assert.match(text, /Last State:\s+Terminated[^]*Exit Code:\s+13/);
    assert.match(text, /Message:[^]*out of memory \(limit 200\.0 MiB/);
  },
);

namespaced('a config that is wrong takes nobody down, and says why', 'wrong', async (t, namespace) => {
  node.apply(namespace, chart(namespace));
  const good = (await untilReady(namespace, 2)).map(({ metadata }) => metadata.name);
  // Right for the schema, wrong for eggcup: a variable that is not set.
  node.apply(namespace, chart(namespace, { config: { app: { env: { TOKEN: '${NOT_SET}' } } } }));
  const failed = await until(
    'a new pod to end with 78',
    () => node.pods(namespace).find((pod) => pod.status.containerStatuses?.[0]?.lastState.terminated?.exitCode === 78),
    LONG_MS,
  );
  const message = failed.status.containerStatuses?.[0]?.lastState.terminated?.message ?? '';
  t.diagnostic(message);
  assert.match(message, /NOT_SET/);
  const serving = node
    .pods(namespace)
    .filter(isReady)
    .map(({ metadata }) => metadata.name);
  assert.deepEqual(serving.toSorted(), good.toSorted());
});

function logsOf(namespace: string): string {
  return node
    .pods(namespace)
    .map(({ metadata }) => node.try('kubectl', ['logs', '--namespace', namespace, metadata.name]).output)
    .join('');
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

function logged(log: string, event: string): readonly Record<string, unknown>[] {
  return log
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
