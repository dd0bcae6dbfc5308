/**
 * Conformance cases of the opening handshake: requests that hawser's server has to answer, and responses that
 * hawser's client has to judge. Everything is compared as it stands on the wire.
 */
import { once } from 'node:events';
import { expect } from 'vitest';
import type { ClientOptions } from '../../src/client/client-options.js';
import { WebSocket } from '../../src/client/websocket.js';
import type { ServerOptions } from '../../src/server/server-options.js';
import { closePayload, exampleKey as maskingKey, rawFrame } from '../protocol/raw-frame.js';
import { dial, expectClient, observe, serverWith } from './endpoints.js';
import type { ConformanceCase } from './frame-case.js';
import {
  acceptOf,
  exampleKey,
  type Fields,
  type ReadHead,
  rawRequest,
  rawResponse,
  readHead,
} from './raw-handshake.js';
import { type Cut, cuts, type RawPeer, withDeadline } from './raw-peer.js';

/** One row: a request, and how a server of ours answers. */
export interface ServerHandshakeCase {
  name: string;
  section: string;
  options?: ServerOptions;
  /** Fields that differ from a good request's. */
  fields?: Fields;
  line?: string;
  /** The whole request, in place of `line` and `fields`. */
  request?: string;
  status: number;
  /** Fields of the answer; `null` for one that must not be there. */
  answers?: Record<string, string | null>;
}

/** The cases of a table. */
export function serverHandshakeCases(
  group: string,
  table: readonly ServerHandshakeCase[],
): ConformanceCase[] {
  return table.map((row) => ({
    group,
    name: row.name,
    section: row.section,
    role: 'server',
    run: async () => {
      for (const cut of cuts) await request(row, cut);
    },
  }));
}

async function request(row: ServerHandshakeCase, cut: Cut): Promise<void> {
  const server = await serverWith({ ...row.options });
  const peer = dial(server);
  try {
    // Bytes behind a good request belong to the connection that it opens.
    const head = Buffer.from(row.request ?? rawRequest(row.fields, row.line), 'latin1');
    const ping = rawFrame({ opcode: 9, payload: 'pipelined', maskingKey });
    await peer.send(row.status === 101 ? Buffer.concat([head, ping]) : head, cut);
    const answer = readHead(await peer.takeHead());
    expect(answer.line.slice(0, 13), cut).toBe(`HTTP/1.1 ${row.status} `);
    expectFields(answer, row.answers ?? {}, cut);
    if (row.status === 101) await expectOpen(peer, answer, row);
    else await expectRefused(peer, answer, cut);
  } finally {
    peer.destroy();
  }
}

function expectFields({ fields }: ReadHead, expected: Record<string, string | null>, cut: string): void {
  for (const [name, value] of Object.entries(expected)) {
    expect(fields.get(name.toLowerCase()) ?? null, `${name}, ${cut}`).toBe(value);
  }
}

async function expectOpen(peer: RawPeer, answer: ReadHead, { fields }: ServerHandshakeCase): Promise<void> {
  const key = fields?.['Sec-WebSocket-Key'] ?? exampleKey;
  const accept = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptOf(key as string),
  };
  expectFields(answer, accept, 'a good answer');
  await peer.waitForFrames(1);
  expect(peer.frames.map(({ opcode, payload }) => [opcode, payload.toString()])).toEqual([[10, 'pipelined']]);
  await peer.send(rawFrame({ opcode: 8, payload: closePayload(1000), maskingKey }));
  await peer.waitForEnd();
  expect(peer.frames.map(({ opcode }) => opcode)).toEqual([10, 8]);
}

/** The answer says that the connection ends, is complete, and the connection ends. */
async function expectRefused(peer: RawPeer, { fields }: ReadHead, cut: string): Promise<void> {
  expect(fields.get('connection')?.toLowerCase().split(', '), cut).toContain('close');
  await peer.waitForEnd();
  const length = fields.get('content-length');
  if (length !== undefined) expect(peer.received.length, cut).toBe(Number(length));
}

/** One row: what a client of ours asks, what it is answered, and what becomes of it. */
export interface ClientHandshakeCase {
  name: string;
  section: string;
  options?: ClientOptions;
  subprotocols?: string[];
  /** Fields that its request must have; `null` for those it must not. */
  requests?: Record<string, string | null>;
  /** Fields that differ from a good response's. */
  fields?: Fields | ((key: string) => Fields);
  line?: string;
  /** The whole response, in place of `line` and `fields`; `null` ends the connection without one. */
  response?: string | null | ((key: string) => string);
  /** What opens: subprotocol and extensions; or the code of the error. */
  opens?: { protocol?: string; extensions?: string };
  error?: string;
}

/** The cases of a table. */
export function clientHandshakeCases(
  group: string,
  table: readonly ClientHandshakeCase[],
): ConformanceCase[] {
  return table.map((row) => ({
    group,
    name: row.name,
    section: row.section,
    role: 'client',
    run: async () => {
      for (const cut of cuts) await respond(row, cut);
    },
  }));
}

async function respond(row: ClientHandshakeCase, cut: Cut): Promise<void> {
  const { url, arrival } = await expectClient();
  const socket = new WebSocket(url, row.subprotocols ?? [], row.options ?? {});
  const observed = observe(socket);
  let peer: RawPeer | undefined;
  try {
    const arrived = await withDeadline(arrival, 'a request');
    peer = arrived.peer;
    const asked = readHead(arrived.head);
    expect(asked.line).toBe(`GET ${new URL(url).pathname} HTTP/1.1`);
    expectFields(asked, row.requests ?? {}, cut);
    const response = responseOf(row, asked.fields.get('sec-websocket-key') as string);
    if (row.error === undefined) await expectOpened(row, socket, peer, response, cut);
    else await expectFailed(peer, response, cut);
    expect(observed.errors, cut).toEqual(row.error === undefined ? [] : [row.error]);
    expect((await withDeadline(observed.closed, 'the close event'))[0]).toBe(
      row.error === undefined ? 1000 : 1006,
    );
  } finally {
    socket.terminate();
    peer?.destroy();
  }
}

function responseOf({ response, fields, line }: ClientHandshakeCase, key: string): string | null {
  if (typeof response === 'function') return response(key);
  if (response !== undefined) return response;
  return rawResponse(key, typeof fields === 'function' ? fields(key) : fields, line);
}

/** A ping follows the response in the same write. */
async function expectOpened(
  row: ClientHandshakeCase,
  socket: WebSocket,
  peer: RawPeer,
  response: string | null,
  cut: Cut,
): Promise<void> {
  const ping = rawFrame({ opcode: 9, payload: 'pipelined' });
  const opened = once(socket, 'open');
  await peer.send(Buffer.concat([Buffer.from(response ?? '', 'latin1'), ping]), cut);
  await withDeadline(opened, 'the open event');
  const { protocol = '', extensions = '' } = row.opens ?? {};
  expect([socket.protocol, socket.extensions], cut).toEqual([protocol, extensions]);
  await peer.waitForFrames(1);
  expect(
    peer.frames.map(({ opcode, payload }) => [opcode, payload.toString()]),
    cut,
  ).toEqual([[10, 'pipelined']]);
  await peer.send(rawFrame({ opcode: 8, payload: closePayload(1000) }));
  await peer.waitForEnd();
}

async function expectFailed(peer: RawPeer, response: string | null, cut: Cut): Promise<void> {
  if (response === null) peer.end();
  else await peer.send(Buffer.from(response, 'latin1'), cut);
  await peer.waitForEnd();
  expect(peer.received.length, 'a client that failed writes nothing').toBe(0);
}
