import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { underLoad } from './load.mjs';

const FOR_MS = 1500;

/** What a server can do to a request, and what the load generator should call it. Half of all are answered, and the connection stays. */
const DEEDS = [
  { cause: 'closed without an answer', spoil: (response) => response.socket.end() },
  { cause: 'closed without an answer', spoil: closeInTheMiddle },
  { cause: 'ECONNRESET', spoil: (response) => response.socket.resetAndDestroy() },
  { cause: 'status 503', spoil: (response) => response.writeHead(503).end() },
  { cause: undefined, spoil: (response) => response.setHeader('connection', 'close').end('hello') },
];

/** Puts a server under load that counts what it spoils: the load generator must count the same. */
export async function calibrate(generator) {
  const spoiled = {};
  let asked = 0;
  const server = createServer((request, response) => {
    const deed = asked % 2 === 0 ? DEEDS[(asked / 2) % DEEDS.length] : undefined;
    asked += 1;
    if (deed === undefined) return response.end('hello');
    if (deed.cause !== undefined) spoiled[deed.cause] = (spoiled[deed.cause] ?? 0) + 1;
    return deed.spoil(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const counts = await underLoad(generator, server.address().port, async ({ settle }) => {
      await sleep(FOR_MS);
      return settle({ isLast: true });
    });
    if (counts.sent === asked && isDeepStrictEqual(counts.failed, spoiled)) return;
    const [told, truth] = [counts, { asked, spoiled }].map((it) => JSON.stringify(it));
    throw new Error(`the load generator cannot be believed: it tells ${told}, and the server ${truth}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function closeInTheMiddle(response) {
  response.setHeader('content-length', 100).write('hello');
  setTimeout(() => response.socket?.end(), 5);
}
