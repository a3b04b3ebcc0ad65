import assert from 'node:assert/strict';
import { notes, testWithHelm, variantFile } from '../helpers/helm.js';

testWithHelm(
  'what helm install says fits the values',
  () => {
    const limited = notes([variantFile('cpu-limit-values.yaml')]);
    assert.match(limited, /port-forward service\/shop 8080:80\n/);
    assert.match(limited, /A pod has 35 s to end: 30 s for config\.shutdown, the rest to be sure\.\n*$/);
    const waiting = notes([variantFile('pre-stop-values.yaml')]);
    assert.match(waiting, /A pod has 107 s to end: 10 s preStop, 92 s for config\.shutdown/);
    assert.match(waiting, /There is no CPU limit; eggcup sizes by the CPU request, 1\./);
    const hidden = notes([variantFile('unix-socket-values.yaml')], ['--set', 'cpuRequestAsQuota=false']);
    assert.doesNotMatch(hidden, /port-forward/);
    const overHttp = notes([variantFile('http-probes-values.yaml')]);
    assert.match(overHttp, /port-forward deployment\/shop 7002:health, then http:\/\/localhost:7002\/status/);
    assert.doesNotMatch(overHttp, /probe\.js/);
    assert.match(hidden, /WARNING: there is neither a CPU limit nor cpuRequestAsQuota/);
  },
  ['helm'],
);
