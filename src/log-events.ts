import type { LogEvent as SupervisorEvent } from './supervisor/model.js';
import type { ChildLogEvent } from './ipc/protocol.js';

/** Every line of the master's log has one of these names and its message. docs/log-events.md explains each. */
export const LOG_MESSAGES = {
  boot: 'Starting the cluster',
  'boot.example': 'No config file found: running the bundled example',
  'boot.stopped': 'A stop was asked for while booting',
  'boot.failed': 'The cluster could not be started',
  'sizing.warning': 'A limit of the container could not be taken at its word',
  'cluster.ready': 'All app workers listen: egg-ready',
  'child.forked': 'A process was forked and waits at its gate',
  'child.ready': 'A process is ready',
  'child.unready': 'An app worker has closed its server and lives on',
  'child.start-failed': 'A process said that it cannot start',
  'child.start-timeout': 'Not ready within startup.timeout',
  'child.disconnected': 'A process closed its channel to the master',
  'child.exited': 'A process has exited',
  'child.fork-failed': 'A process could not be forked',
  'child.killed': 'A process outlived its time and was killed',
  'child.unkillable': 'A process did not end on SIGKILL; going on without it',
  'child.listening': 'A process listens on an address that is not the application port',
  'child.orphan-killed': 'A process that outlived the cluster was killed',
  'worker.uncaught': 'A worker had an uncaught exception',
  'graceful-process': 'graceful-process says',
  cfork: 'cfork says',
  console: 'A library wrote to the console of the master',
  'node.warning': 'Node warns',
  'manager.check-failed': 'The Manager check found no agent or no app worker',
  'manager.exception': 'The Manager check failed too often',
  'health.unwritable': 'The health files cannot be written: exec probes will fail; the cluster runs',
  'health.fallback': 'The health files are written to another directory',
  'health.recovered': 'The health files can be written again',
  'health.watchdog-failed': 'Nothing takes `live` away when the master hangs: probe its age with dist/probe.js',
  'message.dropped': 'A message was dropped',
  'signal.ignored': 'A signal was ignored: what it asks for is not available yet',
  'stop.begun': 'The stop begins',
  'stop.hurried': 'Asked again to stop: no more delay, a short drain',
  'stop.forced': 'Asked a third time to stop: killing what is left',
  'stop.done': 'The stop is done',
  'master.failed': 'A fault of eggcup itself',
} as const satisfies Record<SupervisorEvent | ChildLogEvent, string> & Record<string, string>;

export type LogEvent = keyof typeof LOG_MESSAGES;
