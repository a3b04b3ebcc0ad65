/** Probes over HTTP, and metrics for Prometheus. */
import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { only, template, templateWith, testWithHelm, variantFile } from '../helpers/helm.js';
import { partsOf } from '../helpers/kubernetes.js';

testWithHelm('HTTP probes ask eggcup on a port of its own, which the config opens', (_t, helm) => {
  const rendered = templateWith(helm, { probes: { mode: 'http', liveness: { handler: { tcpSocket: { port: 1 } } } } });
  const { app } = partsOf(rendered);
  assert.deepEqual(app.ports, [
    { name: 'app', containerPort: 7001 },
    { name: 'health', containerPort: 7002 },
  ]);
  assert.deepEqual(app['startupProbe'].httpGet, { path: '/started', port: 'health' });
  assert.deepEqual(app['readinessProbe'].httpGet, { path: '/ready', port: 'health' });
  assert.deepEqual(app['livenessProbe'].tcpSocket, { port: 1 }, 'a handler of one’s own stands');
  assert.doesNotMatch(JSON.stringify(app), /probe\.js/);
  assert.deepEqual(configOf(rendered).health, { http: { enabled: true } });
  assert.equal(only(rendered, 'Service')['spec'].ports.length, 1, 'the port is the pod’s own');
});

testWithHelm('HTTP probes keep what else the config says of them, and need no port of the application', (_t, helm) => {
  const config = { health: { minReady: '50%', http: { host: '::', port: 9000 } } };
  const rendered = templateWith(helm, { probes: { mode: 'http' }, config });
  assert.deepEqual(configOf(rendered).health, { minReady: '50%', http: { enabled: true, host: '::', port: 9000 } });
  const socket = { config: { app: { port: null, unixSocket: '/run/a.sock' } }, service: { enabled: false } };
  const { app } = partsOf(templateWith(helm, { probes: { mode: 'http' }, ...socket }));
  assert.deepEqual(app.ports, [{ name: 'health', containerPort: 7002 }]);
});

testWithHelm('a service monitor finds the port that the service gets for it, and nobody else is let in', (_t, helm) => {
  const rendered = template(helm, [variantFile('service-monitor-values.yaml')]);
  const { app } = partsOf(rendered);
  assert.deepEqual(app.ports?.[1], { name: 'health', containerPort: 9090 });
  assert.deepEqual(app['readinessProbe'].exec.command.at(-1), 'ready', 'probes stay what they are');
  const service = only(rendered, 'Service');
  assert.deepEqual(service['spec'].ports[1], { name: 'health', port: 9090, targetPort: 'health' });
  const monitor = only(rendered, 'ServiceMonitor');
  assert.equal(monitor.metadata.labels?.['release'], 'prometheus');
  assert.deepEqual(monitor['spec'].endpoints, [
    { port: 'health', path: '/metrics', interval: '15s', scrapeTimeout: '5s' },
  ]);
  const wanted = Object.entries(monitor['spec'].selector.matchLabels as Record<string, string>);
  assert.ok(wanted.every(([name, value]) => service.metadata.labels?.[name] === value));
  const [, health] = only(rendered, 'NetworkPolicy')['spec'].ingress;
  assert.deepEqual(health, {
    ports: [{ port: 'health', protocol: 'TCP' }],
    from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
  });
});

testWithHelm('a network policy has no rule for a health port that is not there', (_t, helm) => {
  const policy = { networkPolicy: { enabled: true } };
  assert.equal(only(templateWith(helm, policy), 'NetworkPolicy')['spec'].ingress.length, 1);
  const { spec } = only(templateWith(helm, { ...policy, probes: { mode: 'http' } }), 'NetworkPolicy');
  assert.deepEqual(spec.ingress[1], { ports: [{ port: 'health', protocol: 'TCP' }] });
});

testWithHelm('a service monitor takes the durations of Prometheus', (_t, helm) => {
  const serviceMonitor = { enabled: true, interval: '1m30s', scrapeTimeout: '90s' };
  const monitor = only(templateWith(helm, { serviceMonitor, probes: { mode: 'http' } }), 'ServiceMonitor');
  assert.equal(monitor['spec'].endpoints[0].interval, '1m30s');
  const { refusal } = templateWith(helm, {
    serviceMonitor: { ...serviceMonitor, scrapeTimeout: '1m30s1ms' },
    probes: { mode: 'http' },
  });
  assert.match(refusal, /scrapeTimeout 1m30s1ms is longer than serviceMonitor.interval 1m30s/);
});

function configOf(rendered: ReturnType<typeof templateWith>): { readonly health?: object } {
  return parse(only(rendered, 'ConfigMap')['data']['cluster.yaml']) as { readonly health?: object };
}
