import { get } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { localPortsOf } from './inspector-port.js';
import { WebSocketClient } from './web-socket.js';
import { monotonicMs } from '../monotonic.js';

const STEP_MS = 2000;
const POLL_MS = 20;
/** The number of the last request. */
const DISABLE = 4;

export interface JavaScriptStack {
  /** The innermost first. */
  readonly frames: readonly string[];
  /**
   * Leaves the debugger, in order, and resolves when it is left: Node may crash when a connection breaks off while JavaScript is
   * busy or its inspector is closed. To be called when the process answers again; the end of the process does it too.
   */
  readonly letGo: () => Promise<void>;
}

interface CallFrame {
  readonly functionName: string;
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number };
}

/** As much as is of use here of what the inspector says (Chrome DevTools Protocol, domain Debugger). */
interface InspectorMessage {
  /** Of an answer. */
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly callFrames?: readonly CallFrame[]; readonly scriptId?: string; readonly url?: string };
}

/**
 * What a process' JavaScript is doing, though its event loop hangs: SIGUSR1 opens Node's inspector, in a thread of its own, and
 * the debugger interrupts even an endless loop. It goes on afterwards. Rejects where it can't be asked: it is stopped, waits in
 * the kernel, or has taken SIGUSR1 for itself.
 */
export async function javaScriptStackOf(pid: number): Promise<JavaScriptStack> {
  const before = localPortsOf(pid);
  process.kill(pid, 'SIGUSR1');
  const port = await newPortOf(pid, before);
  const path = await targetOf(port);
  return pausedStack(port, path);
}

async function newPortOf(pid: number, before: ReadonlySet<number>): Promise<number> {
  const deadline = monotonicMs() + STEP_MS;
  for (;;) {
    const port = [...localPortsOf(pid)].find((candidate) => !before.has(candidate));
    if (port !== undefined) return port;
    if (monotonicMs() > deadline) throw new Error('its inspector does not open');
    await setTimeout(POLL_MS);
  }
}

/** The inspector's list of what can be looked at: one thing, by an address that nobody can guess. */
function targetOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const listing = get({ host: '127.0.0.1', port, path: '/json/list', timeout: STEP_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('error', reject).on('end', () => {
        const url = /"webSocketDebuggerUrl": "ws:\/\/[^/"]+([^"]+)"/.exec(body)?.[1];
        if (url === undefined) reject(new Error('its inspector names nothing to look at'));
        else resolve(url);
      });
    });
    listing.on('timeout', () => listing.destroy(new Error('its inspector does not answer')));
    listing.on('error', reject);
  });
}

async function pausedStack(port: number, path: string): Promise<JavaScriptStack> {
  let paused: (frames: readonly CallFrame[]) => void = () => undefined;
  const stack = new Promise<readonly CallFrame[]>((resolve) => {
    paused = resolve;
  });
  // Frames name their file by its number only; all files are told once, before.
  const urls = new Map<string, string>();
  let disabled: () => void = () => undefined;
  const onText = (text: string): void => {
    const { id, method, params = {} } = JSON.parse(text) as InspectorMessage;
    if (id === DISABLE) disabled();
    if (method === 'Debugger.scriptParsed') urls.set(params.scriptId ?? '', params.url ?? '');
    if (method === 'Debugger.paused') paused(params.callFrames ?? []);
  };
  const inspector = await WebSocketClient.open(port, path, onText, STEP_MS);
  const over = new AbortController();
  try {
    inspector.send('{"id":1,"method":"Debugger.enable"}');
    inspector.send('{"id":2,"method":"Debugger.pause"}');
    const silence = setTimeout(STEP_MS, undefined, over).then(() => {
      throw new Error('its JavaScript cannot be interrupted');
    });
    const frames = await Promise.race([stack, silence]);
    const letGo = async (): Promise<void> => {
      const answered = new Promise<void>((resolve) => {
        disabled = resolve;
      });
      inspector.send(`{"id":${DISABLE},"method":"Debugger.disable"}`);
      await Promise.race([answered, setTimeout(STEP_MS)]);
      await inspector.close(STEP_MS);
    };
    return { frames: frames.map((frame) => frameText(frame, urls)), letGo };
  } finally {
    over.abort();
    inspector.send('{"id":3,"method":"Debugger.resume"}');
  }
}

function frameText({ functionName, location }: CallFrame, urls: ReadonlyMap<string, string>): string {
  const where = `${urls.get(location.scriptId) ?? 'unknown'}:${location.lineNumber + 1}:${location.columnNumber + 1}`;
  return functionName === '' ? `at ${where}` : `at ${functionName} (${where})`;
}
