import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { StickyRequests } from '../ipc/protocol.js';
import { cookieIn, homeOf, newCookieValue } from '../sticky/cookie.js';
import { valuesOf, withoutHeader } from './head-arguments.js';
import { eachRequest } from './requests.js';
import { isTls, type Servers, speaksHttp1 } from './servers.js';

/** What proxies add, each some of them. */
const PROXY_HEADERS = ['x-forwarded-for', 'x-forwarded-proto', 'forwarded', 'via'];

/** Brings clients back to this worker: a cookie for those that have none, and a choice for each request behind a proxy. */
export class ClientKeeper {
  readonly #wanted: StickyRequests;
  readonly #servers: Servers;
  readonly #watched = new WeakSet<Server>();
  /** The slot's number. Read before the application can change it. */
  readonly #slotIndex = process.env['CFORK_WORKER_INDEX'] ?? '';

  constructor(wanted: StickyRequests, servers: Servers) {
    this.#wanted = wanted;
    this.#servers = servers;
  }

  /** To be called before the server listens. */
  watch(server: Server): void {
    server.once('listening', () => {
      if (this.#watched.has(server) || !listensThroughMaster(server) || isTls(server) || !speaksHttp1(server)) return;
      this.#watched.add(server);
      this.#watchRequests(server);
    });
  }

  #watchRequests(server: HttpServer): void {
    eachRequest(server, (request, response) => {
      // A proxy sends requests of many clients over a connection, whose first one has chosen the worker.
      if (isProxied(request) || this.#isAway(request)) this.#servers.closeAfter(response);
      if (this.#wanted.kind === 'cookie') this.#offerCookie(this.#wanted.name, request, response);
    });
  }

  /** Its own worker was not there when it came: perhaps it is there when it comes again. */
  #isAway({ headers }: IncomingMessage): boolean {
    if (this.#wanted.kind !== 'cookie') return false;
    const home = homeOf(cookieIn(headers.cookie ?? '', this.#wanted.name) ?? '');
    return home !== undefined && home !== `app-${this.#slotIndex}`;
  }

  #offerCookie(name: string, { headers }: IncomingMessage, response: ServerResponse): void {
    if (cookieIn(headers.cookie ?? '', name) !== undefined) return;
    const isSecure = /^https\b/i.test(String(headers['x-forwarded-proto'])) || /^__(?:secure|host)-/i.test(name);
    const value = newCookieValue(this.#slotIndex);
    addCookie(response, name, `${value}; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`);
  }
}

/** Unless the application sets this cookie itself, or lets caches hand the response to everybody. */
function addCookie(response: ServerResponse, name: string, value: string): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]): ServerResponse => {
    const cookies = headerOf(response, args, 'set-cookie');
    const isForAll = headerOf(response, args, 'cache-control').some((it) => /\b(?:public|s-maxage)\b/i.test(it));
    if (isForAll || cookies.some((cookie) => cookie.trimStart().startsWith(`${name}=`))) return writeHead(...args);
    response.setHeader('Set-Cookie', [...cookies, `${name}=${value}`]);
    return writeHead(...args.map((argument) => withoutHeader(argument, 'set-cookie')));
  };
}

/** What `writeHead` is given counts more than what was set before. */
function headerOf(response: ServerResponse, args: readonly unknown[], name: string): readonly string[] {
  const given = args.flatMap((argument) => valuesOf(argument, name));
  return given.length > 0 ? given : [response.getHeader(name) ?? []].flat().map(String);
}

function isProxied({ headers }: IncomingMessage): boolean {
  return PROXY_HEADERS.some((name) => headers[name] !== undefined);
}

/** Its handle is then a stand-in of Node's cluster module, without a descriptor. */
function listensThroughMaster(server: Server): boolean {
  const handle: unknown = Reflect.get(server, '_handle');
  return typeof handle === 'object' && handle !== null && !('fd' in handle);
}
