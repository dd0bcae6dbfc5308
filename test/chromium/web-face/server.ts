/**
 * The server that pages and Node.js talk to. The path says how it behaves: `/echo` is hawser's server, `/raw` speaks
 * bytes by hand, `/hold` never answers. It reports what each connection of a run has sent.
 */

import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from '../../../src/client/websocket.js';
import { acceptKey } from '../../../src/protocol/index.js';
import { WebSocketServer } from '../../../src/server/websocket-server.js';

/** How `/raw` behaves. */
interface RawScript {
  /** Fields of the response; `null` leaves one out. */
  readonly fields?: Record<string, string | null>;
  readonly status?: string;
  /** Frames behind the head, in hexadecimal. */
  readonly frames?: string;
  /** What comes then; by default the client closes. */
  readonly ending?: 'end' | 'destroy' | 'close back';
}

/** The server, once it listens. */
export interface FaceServer {
  readonly port: number;
  /** What every connection of a run has sent, once all have ended. */
  reports(run: string): Promise<string[]>;
  close(): Promise<void>;
}

class Reports {
  readonly lines: string[] = [];
  readonly ends: Promise<unknown>[] = [];
}

/** Starts it on a port of the system's choice. */
export async function startFaceServer(): Promise<FaceServer> {
  const runs = new Map<string, Reports>();
  const echoing = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = http.createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>faces</title>');
  });
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const run = url.searchParams.get('run') ?? '';
    const reports = runs.get(run) ?? new Reports();
    runs.set(run, reports);
    reports.ends.push(new Promise((resolve) => socket.once('close', resolve)));
    socket.on('error', () => undefined);
    const report = (line: string) => reports.lines.push(`${url.searchParams.get('id')}: ${line}`);
    const offered = request.headers['sec-websocket-protocol'];
    // Blanks in a list mean nothing.
    if (offered !== undefined) report(`offered ${offered.split(/[ ,]+/).join(' ')}`);
    if (url.pathname === '/raw') answerRaw(request, socket, head, scriptOf(url), report);
    else if (url.pathname === '/echo') {
      echoing.handleUpgrade(request, socket, head, (client) => serve(client, url, report));
    } else socket.resume().on('end', () => socket.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    reports: async (run) => {
      const reports = runs.get(run);
      await Promise.all(reports?.ends ?? []);
      return (reports?.lines ?? []).sort((a, b) => compareIds(a, b));
    },
    close: async () => {
      await echoing.drain({ deadline: 0 });
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Lines of one connection stay in order. */
function compareIds(a: string, b: string): number {
  const [first, second] = [a, b].map((line) => line.slice(0, line.indexOf(':')));
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Texts are requests: `!close 4000 reason`, `!terminate`, `!send N`; everything else is echoed. */
function serve(socket: WebSocket, url: URL, report: (line: string) => void): void {
  socket.on('message', (data, isBinary) => {
    const text = isBinary ? '' : String(data);
    const [command, ...rest] = text.split(' ');
    if (!url.searchParams.has('quiet'))
      report(isBinary ? `binary ${describe(data as Buffer)}` : `text ${text}`);
    if (command === '!close') socket.close(rest[0] ? Number(rest[0]) : undefined, rest.slice(1).join(' '));
    else if (command === '!terminate') socket.terminate();
    else if (command === '!pause') pause(socket);
    else if (command === '!burst') for (const word of rest) socket.send(word);
    else socket.send(data as Buffer, { binary: isBinary });
  });
  socket.on('close', (code, reason) => report(`close ${code} "${reason}"`));
}

/** Stops reading until the other end has had time to fill what is between us. */
function pause(socket: WebSocket): void {
  socket.pause();
  setTimeout(() => socket.resume(), 300);
}

function describe(bytes: Buffer): string {
  return bytes.length <= 16 ? bytes.toString('hex') : `of ${bytes.length} bytes`;
}

function scriptOf(url: URL): RawScript {
  return JSON.parse(url.searchParams.get('script') ?? '{}');
}

function answerRaw(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { fields = {}, status = '101 Switching Protocols', frames = '', ending }: RawScript,
  report: (line: string) => void,
): void {
  const all = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptKey(request.headers['sec-websocket-key'] as string),
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}\r\n`],
  );
  socket.write(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`);
  socket.write(Buffer.from(frames, 'hex'));
  if (ending === 'end') socket.end();
  if (ending === 'destroy') setTimeout(() => socket.destroy(), 50);
  let received = head;
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    const close = closeFrame(received);
    if (close === null) return;
    received = Buffer.alloc(0);
    report(`close frame ${closeWords(close)}`);
    if (ending === 'close back') socket.write(Buffer.concat([Buffer.from([0x88, close.length]), close]));
    socket.end();
  });
  socket.on('end', () => socket.end());
}

/** A reason that explains what the peer did wrong is nobody's business. */
function closeWords(payload: Buffer): string {
  if (payload.length < 2) return 'empty';
  const code = payload.readUInt16BE();
  return code === 1002 || code === 1007 ? String(code) : `${code} "${payload.subarray(2)}"`;
}

/** The payload of the first masked close frame; there are only short frames. */
function closeFrame(bytes: Buffer): Buffer | null {
  for (let offset = 0; offset + 6 <= bytes.length; ) {
    const length = bytes[offset + 1] & 0x7f;
    const end = offset + 6 + length;
    if (end > bytes.length) return null;
    const key = bytes.subarray(offset + 2, offset + 6);
    if ((bytes[offset] & 0x0f) === 8) {
      return bytes.subarray(offset + 6, end).map((octet, index) => octet ^ key[index % 4]) as Buffer;
    }
    offset = end;
  }
  return null;
}
