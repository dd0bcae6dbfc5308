/**
 * The side channel of the page: it shows a page the frames of its own connection. Both connections name the same id,
 * which the page makes and nobody can guess; whoever names no id, or one that no page waits for, is not looked into.
 */
import type { IncomingMessage, Server } from 'node:http';
import { WebSocket, WebSocketServer } from 'hawser';
import { opening } from './opening.js';
import { PageFeed } from './page-feed.js';
import { provoke } from './provoke.js';
import { watch } from './watch.js';

/** Side channels at the same time; a page has one for each connection that it looks into. */
const maxPages = 64;
/** A command is short; in bytes. */
const maxCommand = 8 * 1024;
/** With more than this waiting for the browser, in bytes, nothing is sent for a command. */
const maxBuffered = 1024 * 1024;

/** One page and the connection that it looks into. */
interface Inspection {
  readonly page: WebSocket;
  readonly feed: PageFeed;
  socket: WebSocket | undefined;
  leave(): void;
}

/** The side channel's endpoint, at `/inspect`. */
export class InspectionServer {
  /** The endpoint itself, to be drained with the others. */
  readonly server: WebSocketServer;
  readonly #inspections = new Map<string, Inspection>();

  constructor(http: Server) {
    this.server = new WebSocketServer({
      server: http,
      path: '/inspect',
      allowedOrigins: 'same-host',
      maxPayload: maxCommand,
    });
    this.server.on('connection', (page, request) => this.#admit(page, request));
  }

  /** Shows the page that `request` names, if there is one, what goes through `socket` from now on. */
  show(socket: WebSocket, request: IncomingMessage, responseLines: readonly string[]): void {
    const inspection = this.#inspections.get(idOf(request));
    if (inspection === undefined) return;
    inspection.leave();
    inspection.feed.tell(opening(request, responseLines));
    const unwatch = watch(socket, (message) => inspection.feed.tell(message));
    inspection.socket = socket;
    inspection.leave = () => {
      unwatch();
      inspection.socket = undefined;
      inspection.leave = () => undefined;
    };
  }

  /** Code and reason for a page that cannot look on. */
  #refusal(id: string): [code: number, reason: string] | undefined {
    if (id === '') return [1008, 'The query needs an id of 32 hexadecimal digits'];
    if (this.#inspections.has(id)) return [1008, 'The id is taken'];
    return this.#inspections.size < maxPages ? undefined : [1013, 'Too many pages look on already'];
  }

  #admit(page: WebSocket, request: IncomingMessage): void {
    const id = idOf(request);
    const refusal = this.#refusal(id);
    if (refusal !== undefined) {
      page.close(...refusal);
      return;
    }
    const feed = new PageFeed(page);
    const inspection: Inspection = { page, feed, socket: undefined, leave: () => undefined };
    this.#inspections.set(id, inspection);
    page.on('message', (command) => obey(inspection, String(command)));
    page.on('close', () => {
      inspection.leave();
      this.#inspections.delete(id);
    });
  }
}

function obey({ socket, feed }: Inspection, command: string): void {
  try {
    if (socket?.readyState !== WebSocket.OPEN) throw new Error('There is no connection to send it on');
    if (socket.bufferedAmount > maxBuffered)
      throw new Error('The browser does not read what was sent before');
    provoke(socket, JSON.parse(command));
  } catch (error) {
    feed.tell({ type: 'refused', reason: (error as Error).message });
  }
}

/** The id in a request's query; empty if there is none of the right form. */
function idOf({ url = '' }: IncomingMessage): string {
  const id = new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('id') ?? '';
  return /^[0-9a-f]{32}$/.test(id) ? id : '';
}
