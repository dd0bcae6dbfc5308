/**
 * A conformance case made of frames: what the peer sends, what hawser has to send, and how it ends. Its runner
 * plays it over a real socket and compares every octet that came.
 */
import { inflateRawSync } from 'node:zlib';
import { expect } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { closePayload, exampleKey, type RawFrame, type ReadFrame, rawFrame } from '../protocol/raw-frame.js';
import { type Role, roles, words } from '../protocol/recording-handler.js';
import { type CommonOptions, open, type TestConnection } from './endpoints.js';
import { type Cut, withDeadline } from './raw-peer.js';

/** One row of a table of cases. hawser's application echoes every message. */
export interface FrameCase {
  name: string;
  /** Where the rule stands. */
  section: string;
  /** hawser's roles; both by default. */
  roles?: readonly Role[];
  options?: CommonOptions;
  /** What the peer's handshake says of extensions. */
  extensions?: string;
  /** What the peer sends: frames, masked as its role asks for unless they say otherwise, or any octets. */
  sends: readonly (RawFrame | Buffer)[];
  /** What hawser has to send, in this order and nothing else. */
  receives: readonly RawFrame[];
  /**
   * What follows. `open`: the connection goes on. A code: it is failed with that code. `closed`: nothing, the
   * close frame is the last of `receives`.
   */
  ends: 'open' | 'closed' | number;
  /** Code of the error that the application is told, where the connection is failed. */
  error?: string;
  /** The close event, where it ends with `closed`. */
  closes?: [code: number, reason: string];
  /** What the application does as soon as the connection is open. */
  acts?: (socket: WebSocket) => void;
  /** What the peer sends once `receives` has come. */
  afterwards?: readonly (RawFrame | Buffer)[];
  /** What hawser has to send then, before the end. */
  receivesAfterwards?: readonly RawFrame[];
}

/** A case as it is counted: for one role. */
export interface ConformanceCase {
  group: string;
  name: string;
  section: string;
  role: Role;
  run: () => Promise<void>;
}

/** The cases of a table, one for each role. */
export function frameCases(group: string, table: readonly FrameCase[]): ConformanceCase[] {
  return table.flatMap((row) =>
    (row.roles ?? roles).map((role) => ({
      group,
      name: row.name,
      section: row.section,
      role,
      run: async () => {
        await play(row, role, 'whole');
        await play(row, role, 'octets');
      },
    })),
  );
}

async function play(row: FrameCase, role: Role, cut: Cut): Promise<void> {
  const connection = await open(role, row.options ?? {}, row.extensions ?? null);
  const { peer, socket, observed } = connection;
  const read = new FrameReader(row, role);
  try {
    socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
    row.acts?.(socket);
    await peer.send(octetsOf(row.sends, role), cut);
    await peer.waitForFrames(row.receives.length);
    if (row.afterwards !== undefined) await peer.send(octetsOf(row.afterwards, role), cut);
    await peer.waitForFrames(row.receives.length + (row.receivesAfterwards ?? []).length);
    if (row.ends === 'open') await closeNormally(connection, role);
    await peer.waitForEnd();
    peer.end();
    const closed = await withDeadline(observed.closed, 'the close event');
    expect(
      peer.frames.map((frame) => read.describe(frame)),
      cut,
    ).toEqual(expectedFrames(row));
    expect(closed, cut).toEqual(row.ends === 'open' ? [1000, ''] : (row.closes ?? [1006, '']));
    expect(observed.errors, cut).toEqual(row.error === undefined ? [] : [row.error]);
  } finally {
    peer.destroy();
    socket.terminate();
  }
}

async function closeNormally({ peer, socket }: TestConnection, role: Role): Promise<void> {
  expect(socket.readyState).toBe(WebSocket.OPEN);
  await peer.send(octetsOf([{ opcode: 8, payload: closePayload(1000) }], role));
}

function octetsOf(sent: readonly (RawFrame | Buffer)[], role: Role): Buffer {
  const maskingKey = role === 'server' ? exampleKey : null;
  return Buffer.concat(
    sent.map((each) => (Buffer.isBuffer(each) ? each : rawFrame({ maskingKey, ...each }))),
  );
}

function expectedFrames({ receives, receivesAfterwards = [], ends }: FrameCase): string[] {
  const last = ends === 'open' ? 1000 : ends;
  const closing: RawFrame[] = last === 'closed' ? [] : [{ opcode: 8, payload: closePayload(last) }];
  return [...receives, ...receivesAfterwards, ...closing].map(
    ({ fin = true, rsv = 0, opcode, payload = '' }) =>
      describeFrame({ fin, rsv, opcode, payload: Buffer.from(payload) }),
  );
}

/** Describes what hawser sent; inflates what is compressed. */
class FrameReader {
  private readonly role: Role;
  private readonly windowBits: number;
  private readonly keepsWindow: boolean;
  private window = Buffer.alloc(0);
  private compressed: Buffer[] = [];

  constructor(row: FrameCase, role: Role) {
    const ours = role === 'server' ? 'server' : 'client';
    const extensions = row.extensions ?? '';
    this.role = role;
    this.keepsWindow = !extensions.includes(`${ours}_no_context_takeover`);
    this.windowBits = Number(extensions.split(`${ours}_max_window_bits=`)[1]?.split(';')[0] ?? 15);
  }

  describe(frame: ReadFrame): string {
    expect(frame.masked, 'a client masks, a server does not').toBe(this.role === 'client');
    const isCompressed = frame.rsv === 4 || (frame.opcode === 0 && this.compressed.length > 0);
    if (!isCompressed) return describeFrame(frame);
    this.compressed.push(frame.payload);
    if (!frame.fin) return describeFrame({ ...frame, payload: Buffer.alloc(0) });
    return describeFrame({ ...frame, payload: this.inflate() });
  }

  private inflate(): Buffer {
    const input = Buffer.concat([...this.compressed, Buffer.from([0, 0, 0xff, 0xff, 3, 0])]);
    this.compressed = [];
    const dictionary = this.keepsWindow ? this.window : Buffer.alloc(0);
    const { windowBits } = this;
    const message = inflateRawSync(input, { windowBits, ...(dictionary.length > 0 && { dictionary }) });
    this.window = Buffer.concat([this.window, message]).subarray(-(2 ** windowBits));
    return message;
  }
}

const frameNames = new Map([
  [0, 'continuation'],
  [1, 'text'],
  [2, 'binary'],
  [8, 'close'],
  [9, 'ping'],
  [10, 'pong'],
]);

function describeFrame({ fin, rsv, opcode, payload }: Omit<ReadFrame, 'masked' | 'headerLength'>): string {
  const name = frameNames.get(opcode) ?? `opcode ${opcode}`;
  const flags = `${fin ? '' : ' unfinished'}${rsv === 0 ? '' : ` RSV ${rsv}`}`;
  return `${name}${flags} ${words(payload)}`.trimEnd();
}

// Words for the tables.

/** A text frame; with options, or the first of several fragments. */
export const text = (payload: string | Uint8Array, more: Partial<RawFrame> = {}): RawFrame => ({
  opcode: 1,
  payload,
  ...more,
});

/** A binary frame. */
export const binary = (payload: string | Uint8Array, more: Partial<RawFrame> = {}): RawFrame => ({
  opcode: 2,
  payload,
  ...more,
});

/** A continuation frame, the last one unless it says otherwise. */
export const continuation = (payload: string | Uint8Array = '', more: Partial<RawFrame> = {}): RawFrame => ({
  opcode: 0,
  payload,
  ...more,
});

/** A ping frame. */
export const ping = (payload: string | Uint8Array = '', more: Partial<RawFrame> = {}): RawFrame => ({
  opcode: 9,
  payload,
  ...more,
});

/** A pong frame. */
export const pong = (payload: string | Uint8Array = '', more: Partial<RawFrame> = {}): RawFrame => ({
  opcode: 10,
  payload,
  ...more,
});

/** A close frame; without a code it is empty. */
export const close = (
  code?: number,
  reason: string | Uint8Array = '',
  more: Partial<RawFrame> = {},
): RawFrame => ({
  opcode: 8,
  payload: code === undefined ? '' : closePayload(code, reason),
  ...more,
});

/** Not the last fragment. */
export const more: Partial<RawFrame> = { fin: false };
