/** Servers for one test: they listen on ports of the system's choice, and all end with the test. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import tls, { type TlsOptions } from 'node:tls';
import { acceptKey } from '../../src/protocol/handshake/accept-key.js';

const certificate = (name: string): Buffer =>
  readFileSync(new URL(`./certificates/${name}.pem`, import.meta.url));

/** A certificate authority; a certificate of it for localhost, 127.0.0.1 and ::1; one for the client "alice". */
export const ca = certificate('ca');
export const serverIdentity = { cert: certificate('server'), key: certificate('server-key') };
export const clientIdentity = { cert: certificate('client'), key: certificate('client-key') };

/** What an upgrading server does with a good request; by default it accepts. */
export type OnUpgrade = (request: IncomingMessage, socket: Duplex) => void;
/** What a server on bare sockets does with the head of a request. */
export type OnHead = (socket: Socket, head: RequestHead) => void;

/** The head of a request as text, and its fields by name in lower case. */
export interface RequestHead {
  readonly text: string;
  readonly startLine: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Its sockets in the order of arrival. */
  readonly sockets: readonly Socket[];
  /** Heads of the requests in the order of arrival, of HTTP servers and servers on bare sockets alike. */
  readonly heads: readonly RequestHead[];
  /** Resolves once `count` connections have come and gone. */
  closed(count?: number): Promise<void>;
}

interface Recording extends Listening {
  readonly sockets: Socket[];
  readonly heads: RequestHead[];
}

/** A 101 response. Fields given as `null` are left out. */
export function switchingProtocols(key: string, fields: Record<string, string | null> = {}): string {
  const all = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptKey(key),
    ...fields,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== null);
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** Accepts without subprotocol and extensions. */
export const accept: OnUpgrade = (request, socket) => {
  socket.write(switchingProtocols(request.headers['sec-websocket-key'] as string));
};

/** Answers every request with a redirect. */
export function redirectTo(location: string | (() => string), status = 302): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { Location: typeof location === 'string' ? location : location() }).end();
  };
}

/** All servers of a test file. */
export class TestServers {
  readonly #servers: { server: net.Server; sockets: Socket[] }[] = [];

  /** Accepts upgrades, or does with them what `onUpgrade` says. `path` is that of a Unix socket. */
  http(onUpgrade: OnUpgrade = accept, path?: string): Promise<Listening> {
    return this.#upgrading(http.createServer(), onUpgrade, path);
  }

  /** The same with TLS. */
  https(onUpgrade: OnUpgrade = accept, options: TlsOptions = {}): Promise<Listening> {
    return this.#upgrading(https.createServer({ ...serverIdentity, ...options }), onUpgrade);
  }

  /** Answers each request, those for an upgrade too, as plain HTTP. */
  answering(onRequest: RequestListener, path?: string): Promise<Listening> {
    return this.#recording(http.createServer(onRequest), path);
  }

  /** The same with TLS. */
  answeringTls(onRequest: RequestListener): Promise<Listening> {
    return this.#recording(https.createServer(serverIdentity, onRequest));
  }

  /** Bare sockets: `onHead` gets each complete head of a request. */
  raw(onHead: OnHead): Promise<Listening> {
    return this.#rawServer(net.createServer({ allowHalfOpen: false }), 'connection', onHead);
  }

  /** The same with TLS. */
  rawTls(onHead: OnHead): Promise<Listening> {
    return this.#rawServer(tls.createServer(serverIdentity), 'secureConnection', onHead);
  }

  /** Bare sockets that are left alone. */
  silent(onSocket: (socket: Socket) => void = () => {}): Promise<Listening> {
    const server = net.createServer(onSocket);
    return this.#listen(server, { sockets: [], heads: [] });
  }

  /** Ends all servers with their connections. */
  async close(): Promise<void> {
    for (const { server, sockets } of this.#servers.splice(0)) {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #upgrading(server: http.Server, onUpgrade: OnUpgrade, path?: string): Promise<Listening> {
    server.on('upgrade', (_request, socket) => {
      socket
        .on('error', () => {})
        .on('end', () => socket.end())
        .resume();
    });
    const listening = this.#recording(server, path, 'upgrade');
    server.on('upgrade', onUpgrade);
    return listening;
  }

  #recording(server: http.Server, path?: string, event = 'request'): Promise<Listening> {
    const heads: RequestHead[] = [];
    server.prependListener(event, (request: IncomingMessage) => {
      heads.push(headOf(`${request.method} ${request.url} HTTP/1.1`, request.rawHeaders));
    });
    return this.#listen(server, { sockets: [], heads }, path);
  }

  #rawServer(server: net.Server, event: string, onHead: OnHead): Promise<Listening> {
    const heads: RequestHead[] = [];
    server.on(event, (socket: Socket) => {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return;
        const [startLine, ...lines] = text.slice(0, end).split('\r\n');
        const head = headOf(
          startLine,
          lines.flatMap((line) => line.split(': ', 2)),
        );
        text = text.slice(end + 4);
        heads.push(head);
        onHead(socket, head);
      });
    });
    return this.#listen(server, { sockets: [], heads });
  }

  async #listen(
    server: net.Server,
    { sockets, heads }: Pick<Recording, 'sockets' | 'heads'>,
    path?: string,
  ): Promise<Listening> {
    this.#servers.push({ server, sockets });
    let gone = 0;
    let onGone = (): void => {};
    server.on('connection', (socket: Socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        gone += 1;
        onGone();
      });
    });
    server.on('tlsClientError', () => {});
    if (path === undefined) server.listen(0, '127.0.0.1');
    else server.listen(path);
    await once(server, 'listening');
    const closed = async (count = 1): Promise<void> => {
      while (gone < count) {
        await new Promise<void>((resolve) => {
          onGone = resolve;
        });
      }
    };
    return { port: path === undefined ? (server.address() as AddressInfo).port : 0, sockets, heads, closed };
  }
}

function headOf(startLine: string, pairs: readonly string[]): RequestHead {
  const fields = new Map<string, string>();
  let text = `${startLine}\r\n`;
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    fields.set(pairs[index].toLowerCase(), pairs[index + 1]);
    text += `${pairs[index]}: ${pairs[index + 1]}\r\n`;
  }
  return { text, startLine, fields };
}
