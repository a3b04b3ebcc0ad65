/** What is asked of eggcup, and cannot be (helm/eggcup/templates/_refuse-config.tpl). */
import { type Refused, testRefusals } from '../helpers/refusals.js';

const waits = { exec: { command: ['sleep', '5'] } };
const noDelay = { shutdown: { delay: '0s' } };
const healthHttp = (http: object): object => ({ health: { http } });

const refused: readonly Refused[] = [
  [
    { image: { repository: '' } },
    'image.repository is not set: name the image of your application, which has eggcup as its entrypoint',
  ],
  [
    { image: { tag: '' } },
    'image.tag and image.digest are not set: say which example.com/app is meant, because nobody knows what "latest" is at the next restart',
  ],
  [
    { config: { app: { framework: 'egg' } } },
    'config.app.framework "egg" and config.app.script "server.js" cannot both be set: remove one of them',
  ],
  [
    { config: { shutdown: { app: '${APP_STOP:-10s}' } } },
    'config.shutdown.app is "${APP_STOP:-10s}", which is known only in the container, but the pod\'s times are computed from it: write a duration',
  ],
  [
    { config: { health: { dir: 'health' } } },
    'config.health.dir is "health", but the volume for it needs an absolute path',
  ],
  [
    { writableDirs: [{ path: '/run/eggcup/' }] },
    'writableDirs has "/run/eggcup/" and config.health.dir is "/run/eggcup": the folder of the health files has a volume of its own, remove it from writableDirs',
  ],
  [
    { config: { terminationLog: '${LOG}' } },
    'config.terminationLog is "${LOG}", but the kubelet needs an absolute path',
  ],
  [
    { config: { health: { dir: '/run/${POD}' } } },
    'config.health.dir is "/run/${POD}", which is known only in the container, but the pod\'s volume is rendered from it: write a path',
  ],
  [
    { config: { terminationLog: '/tmp/${POD}' } },
    'config.terminationLog is "/tmp/${POD}", which is known only in the container, but the kubelet is told of it: write a path',
  ],
  [
    { config: { shutdown: { grace: '0s' } } },
    'config.shutdown.grace 0s is less than delay + app + agent = 30 s: raise it, or leave it out, then EGGCUP_GRACE sets it',
  ],
  [
    { probes: { mode: 'http' }, config: healthHttp({ enabled: false }) },
    'probes.mode is "http", but config.health.http.enabled is false: remove config.health.http.enabled, or take probes.mode "exec"',
  ],
  [
    { config: healthHttp({ enabled: '${HEALTH_HTTP:-true}' }) },
    'config.health.http.enabled is "${HEALTH_HTTP:-true}", which is known only in the container, but the pod\'s ports and probes are rendered from it: write true or false',
  ],
  [
    { probes: { mode: 'http' }, config: healthHttp({ port: '${HEALTH_PORT}' }) },
    'config.health.http.port is "${HEALTH_PORT}", which is known only in the container, but the pod\'s port "health" is rendered from it: write a number',
  ],
  [
    { probes: { mode: 'http' }, config: healthHttp({ port: 7001 }) },
    'config.health.http.port 7001 is the port of the application as well (config.app.port 7001): change one of them',
  ],
  [
    { containerPort: 7002, config: { app: { port: null }, ...healthHttp({ enabled: true }) } },
    'config.health.http.port 7002 is the port of the application as well (containerPort 7002): change one of them',
  ],
  [
    { probes: { mode: 'http' }, config: healthHttp({ host: '127.0.0.1' }) },
    'probes.mode is "http", but config.health.http.host is "127.0.0.1", where only the pod itself gets an answer: remove config.health.http.host',
  ],
  [
    { serviceMonitor: { enabled: true }, config: healthHttp({ enabled: true, host: '::1' }) },
    'serviceMonitor.enabled is true, but config.health.http.host is "::1", where only the pod itself gets an answer: remove config.health.http.host',
  ],
  [
    { serviceMonitor: { enabled: true } },
    'serviceMonitor.enabled is true, but config.health.http.enabled is false: set that to true, or probes.mode to "http"',
  ],
  [
    { serviceMonitor: { enabled: true }, probes: { mode: 'http' }, service: { enabled: false } },
    'serviceMonitor.enabled is true, but service.enabled is false: there is nothing to find the pods by',
  ],
  [
    { serviceMonitor: { enabled: true }, probes: { mode: 'http' }, service: { type: 'LoadBalancer' } },
    'serviceMonitor.enabled is true, but service.type is "LoadBalancer", which would open the port of the health endpoints to the outside: take service.type "ClusterIP", or a PodMonitor of your own',
  ],
  [
    { serviceMonitor: { enabled: true }, probes: { mode: 'http' }, service: { port: 7002 } },
    'service.port 7002 is config.health.http.port 7002 as well, and serviceMonitor.enabled gives the service both: change one of them',
  ],
  [
    { serviceMonitor: { enabled: true, interval: '5s' }, probes: { mode: 'http' } },
    'serviceMonitor.scrapeTimeout 10s is longer than serviceMonitor.interval 5s: shorten the one or lengthen the other',
  ],
  [
    { probes: { startup: { failureThreshold: 29 } } },
    'probes.startup.periodSeconds 2 × failureThreshold 29 = 58 s is less than config.startup.timeout 60 s: the kubelet would end a start that eggcup still allows; raise failureThreshold, or leave it null',
  ],
  [
    { preStop: { seconds: 3 } },
    'preStop.seconds 3 and config.shutdown.delay 5s cover the same time: set one of them to 0 (config.shutdown.delay to "0s")',
  ],
  [
    { preStop: { handler: waits } },
    'preStop.handler is set, but preStop.seconds is 0: say how long it takes at most, because terminationGracePeriodSeconds counts it',
  ],
  [
    { config: { shutdown: { grace: '20s' } } },
    'config.shutdown.grace 20s is less than delay + app + agent = 30 s: raise it, or leave it out, then EGGCUP_GRACE sets it',
  ],
  [
    { terminationGracePeriodSeconds: 34 },
    'terminationGracePeriodSeconds 34 is less than preStop.seconds 0 + config.shutdown 30 s + terminationMarginSeconds 5 = 35: raise it, or leave it null',
  ],
  [
    { terminationGracePeriodSeconds: 60, config: { shutdown: { grace: '1m' } } },
    'terminationGracePeriodSeconds 60 is less than preStop.seconds 0 + config.shutdown 60 s + terminationMarginSeconds 5 = 65: raise it, or leave it null',
  ],
  [
    { terminationGracePeriodSeconds: 39, preStop: { seconds: 10, handler: waits }, config: noDelay },
    'terminationGracePeriodSeconds 39 is less than preStop.seconds 10 + config.shutdown 25 s + terminationMarginSeconds 5 = 40: raise it, or leave it null',
  ],
];

testRefusals(refused);
