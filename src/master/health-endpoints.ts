import type { Config } from '../config/schema.js';
import { EggcupError, hasCode, messageOf } from '../errors.js';
import type { HealthServer } from '../health/http.js';
import type { Log } from '../log.js';

/**
 * Opens the health endpoints; their code is loaded only here. Throws `ERR_PORT_TAKEN` (exit 14) or `ERR_PORT_UNUSABLE`
 * (exit 78), as for `app.port`: where probes find nobody the orchestrator would end the container later, without a reason.
 */
export async function openHealthEndpoints({ host, port }: Config['health']['http'], log: Log): Promise<HealthServer> {
  const { HealthServer } = await import('../health/http.js');
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  try {
    const server = await HealthServer.listen({ host, port, onTrouble: reportOnce(log) });
    log.info('health.http', { url: `http://${address}` });
    return server;
  } catch (error) {
    throw refusal(error, port, address);
  }
}

/** Each kind of trouble once: whoever can reach the port could fill the log with it. */
function reportOnce(log: Log): (error: unknown) => void {
  const known = new Set<string>();
  return (error) => {
    const kind = error instanceof Error && 'code' in error ? String(error.code) : typeof error;
    if (known.has(kind)) return;
    known.add(kind);
    log.warn('health.http-failed', { reason: messageOf(error) });
  };
}

function refusal(error: unknown, port: number, address: string): EggcupError {
  if (hasCode(error, 'EADDRINUSE')) {
    const message = `health.http.port ${port} is taken: another process listens on ${address}; end it or choose another health.http.port`;
    return new EggcupError('ERR_PORT_TAKEN', message, { cause: error });
  }
  const why = `cannot listen on ${address} (${messageOf(error)})`;
  const remedy = 'choose a health.http.host of this machine and a port that this user may use';
  return new EggcupError('ERR_PORT_UNUSABLE', `health.http.port ${port}: ${why}; ${remedy}`, { cause: error });
}
