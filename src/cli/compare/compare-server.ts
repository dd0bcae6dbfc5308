/**
 * Delivers the same events by short polling, long polling, Server-Sent Events and WebSocket, below `/compare/`, and
 * measures what that costs. A page begins a run by its side channel, which only pages of this host may open; every
 * other request names the run's id, which nobody can guess, and gets nothing without one.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { HandshakeError, type ServerOptions, WebSocketServer } from 'hawser';
import { FallbackServer } from 'hawser/fallback';
import type { TransportName } from './format.js';
import { Run } from './run.js';
import { WireMeter } from './wire-meter.js';

/** Pages that compare at the same time. */
const maxRuns = 32;
/** Requests of a run by one transport at the same time: a poll, what is sent up, and one that takes its place. */
const maxUnderWay = 4;
/** No page sends messages here but short commands; in bytes. */
const maxPayload = 1024;
/** For a page that does not read, in bytes. */
const maxBufferedAmount = 1024 * 1024;

/** Takes part of the requests of an HTTP server. */
export class CompareServer {
  /** The endpoints that have connections, to be drained with others. */
  readonly servers: readonly Pick<WebSocketServer, 'drain'>[];
  readonly #runs = new Map<string, Run>();
  readonly #meter: WireMeter;
  readonly #fallback = new FallbackServer<Run>({
    authenticate: (request) => this.#admit(request),
    principal: ({ id }) => id,
    maxPayload,
    maxBufferedAmount,
    // Each run has one session of either transport, which may go on after a lost connection.
    maxSessions: maxRuns * 2 * maxUnderWay,
  });

  constructor(http: Server) {
    this.#meter = new WireMeter(http);
    this.#fallback.on('connection', (socket) => socket.context.deliver(socket));
    this.servers = [this.#sideChannel(http), this.#webSockets(http), this.#fallback];
  }

  /** Answers requests below `/compare/`, and leaves others to `next`. */
  listener(next: RequestListener): RequestListener {
    return (request, response) => {
      const path = pathOf(request);
      if (path === '/compare/events') this.#answerEvents(request, response);
      else if (path === '/compare/short') this.#answerShort(request, response);
      else next(request, response);
    };
  }

  #sideChannel(http: Server): WebSocketServer {
    const server = new WebSocketServer(ownPages(http, '/compare/run'));
    return server.on('connection', (page, request) => {
      const id = idOf(request);
      if (id === '' || this.#runs.has(id))
        page.close(1008, 'The query needs a "run" of 32 hexadecimal digits');
      else if (this.#runs.size === maxRuns) page.close(1013, 'Too many pages compare already');
      else {
        this.#runs.set(id, new Run(id, page));
        page.on('close', () => this.#runs.delete(id));
      }
    });
  }

  #webSockets(http: Server): WebSocketServer {
    const server = new WebSocketServer({
      ...ownPages(http, '/compare/socket'),
      authenticate: (request: IncomingMessage) => this.#admit(request, 'websocket'),
    });
    return server.on('connection', (socket, request) => {
      const end = socket.context.tallies.websocket.add(this.#meter.measure(request.socket));
      socket.on('close', end);
      socket.context.deliver(socket);
    });
  }

  #answerEvents(request: IncomingMessage, response: ServerResponse): void {
    const name = request.headers.accept === 'application/json' ? 'polling' : 'sse';
    if (this.#count(request, response, name) !== undefined) this.#fallback.handle(request, response);
  }

  #answerShort(request: IncomingMessage, response: ServerResponse): void {
    const run = this.#count(request, response, 'short');
    if (run === undefined) return;
    const after = Number(queryOf(request).get('after') ?? 0);
    const events = Buffer.from(`[${run.events.after(after).join()}]`);
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': events.length,
      'cache-control': 'no-store',
    });
    response.end(events);
  }

  /** Counts a request among those of its run; answers that of none itself. */
  #count(request: IncomingMessage, response: ServerResponse, name: TransportName): Run | undefined {
    try {
      const run = this.#admit(request, name);
      response.prependOnceListener('close', run.tallies[name].add(this.#meter.measure(request.socket)));
      return run;
    } catch (error) {
      const { status } = error as HandshakeError;
      response.writeHead(status, { 'cache-control': 'no-store' }).end();
      return undefined;
    }
  }

  /** The run that a request names. @throws HandshakeError if there is none, or too much of it is under way */
  #admit(request: IncomingMessage, name?: TransportName): Run {
    const run = this.#runs.get(idOf(request));
    if (run === undefined) throw new HandshakeError(404, 'There is no such run');
    if (name !== undefined && run.tallies[name].underWay >= maxUnderWay) {
      throw new HandshakeError(429, 'Too many requests of this run are under way');
    }
    return run;
  }
}

function ownPages(server: Server, path: string): ServerOptions {
  return { server, path, allowedOrigins: 'same-host', maxPayload, maxBufferedAmount };
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string;
}

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  return new URLSearchParams(url.slice(url.indexOf('?') + 1));
}

/** The run that a request names; empty if there is none of the right form. */
function idOf(request: IncomingMessage): string {
  const id = queryOf(request).get('run') ?? '';
  return /^[0-9a-f]{32}$/.test(id) ? id : '';
}
