/**
 * WHATWG faces for the tests of one file, with a server of hawser or a peer that writes its frames by hand. All of
 * them end with the test.
 */

import type { IncomingMessage } from 'node:http';
import type { WebSocket as ServerSocket } from '../../src/client/websocket.js';
import type { ServerOptions } from '../../src/server/server-options.js';
import type { CloseEvent } from '../../src/web/events.js';
import { WebSocket } from '../../src/web/websocket.js';
import { type WebSocketOpenInfo, WebSocketStream } from '../../src/web/websocket-stream.js';
import { Connections, next, urlOf } from '../client/connections.js';
import { RawPeer } from '../client/raw-peer.js';
import { switchingProtocols, TestServers } from '../client/test-servers.js';

/** What a peer that writes by hand says in its 101 response, and right behind it. */
export interface RawAnswer {
  fields?: Record<string, string>;
  behind?: Buffer;
}

/** A face and the server's end of its connection. */
export interface Connected {
  readonly url: string;
  readonly socket: ServerSocket;
  readonly request: IncomingMessage;
}

/** The next event of a type. */
export function event<E extends Event = Event>(target: EventTarget, type: string): Promise<E> {
  return new Promise((resolve) => {
    target.addEventListener(type, (fired) => resolve(fired as E), { once: true });
  });
}

/** The name of the DOMException, or the class of another error, that `action` throws; `null` for none. */
export function thrown(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return (error as Error).name;
  }
}

/** Events of a face by type, as they come, with its ready state. */
export function record(face: WebSocket): string[] {
  const events: string[] = [];
  for (const type of ['open', 'message', 'error', 'close']) {
    face.addEventListener(type, () => events.push(`${type} ${face.readyState}`));
  }
  return events;
}

/** Fields of a CloseEvent. */
export const fieldsOf = ({ wasClean, code, reason }: CloseEvent) => ({ wasClean, code, reason });

/** Everything that is open in a test. */
export class Faces {
  readonly connections: Connections = new Connections();
  readonly servers: TestServers = new TestServers();

  /** A server of hawser, and a face that is open. */
  async open(options: ServerOptions = {}): Promise<Connected & { face: WebSocket }> {
    const server = await this.connections.server(options);
    const connection = next(server, 'connection');
    const face = new WebSocket(urlOf(server));
    const opened = event(face, 'open');
    const [socket, request] = await connection;
    await opened;
    return { url: urlOf(server), face, socket, request };
  }

  /** A peer that writes by hand, where it listens. */
  async raw(answer: RawAnswer = {}): Promise<{ url: string; peer: Promise<RawPeer> }> {
    let accepted: (peer: RawPeer) => void;
    const peer = new Promise<RawPeer>((resolve) => {
      accepted = resolve;
    });
    const { port } = await this.servers.raw((socket, head) => {
      const response = switchingProtocols(
        head.fields.get('sec-websocket-key') as string,
        answer.fields ?? {},
      );
      socket.write(Buffer.concat([Buffer.from(response), answer.behind ?? Buffer.alloc(0)]));
      // What follows the head is frames.
      socket.removeAllListeners('data');
      accepted(new RawPeer(socket, null, Buffer.alloc(0)));
    });
    return { url: `ws://127.0.0.1:${port}`, peer };
  }

  /** A peer that writes by hand, and a face that is open. */
  async openRaw(answer: RawAnswer = {}): Promise<{ url: string; face: WebSocket; peer: RawPeer }> {
    const { url, peer } = await this.raw(answer);
    const face = new WebSocket(url);
    await event(face, 'open');
    return { url, face, peer: await peer };
  }

  /** A server of hawser, and a stream that is open. */
  async openStream(
    options: ServerOptions = {},
  ): Promise<Connected & WebSocketOpenInfo & { stream: WebSocketStream }> {
    const server = await this.connections.server(options);
    const connection = next(server, 'connection');
    const stream = new WebSocketStream(urlOf(server));
    const [socket, request] = await connection;
    return { url: urlOf(server), stream, socket, request, ...(await stream.opened) };
  }

  /** A peer that writes by hand, and a stream that is open. */
  async openRawStream(
    answer: RawAnswer = {},
  ): Promise<WebSocketOpenInfo & { stream: WebSocketStream; peer: RawPeer }> {
    const { url, peer } = await this.raw(answer);
    const stream = new WebSocketStream(url);
    return { stream, peer: await peer, ...(await stream.opened) };
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await this.connections.close();
    await this.servers.close();
  }
}
