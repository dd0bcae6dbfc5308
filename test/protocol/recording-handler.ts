/**
 * A protocol handler that writes down what an engine tells, in words that compare well, and the harness that
 * feeds an engine every way of cutting its input and demands the same words each time.
 */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { EnginePool } from '../../src/protocol/engine-pool.js';
import { LimitError, ProtocolError } from '../../src/protocol/errors.js';
import type { ProtocolHandler } from '../../src/protocol/protocol-handler.js';
import type { ProtocolOptions } from '../../src/protocol/protocol-options.js';
import { WebSocketProtocol } from '../../src/protocol/websocket-protocol.js';
import { everyCut } from './every-cut.js';
import { exampleKey, type RawFrame, rawFrame } from './raw-frame.js';

/** One for all: what an engine leaves in what it gives back would show in the next. */
const pool = new EnginePool();

/** Both sides of a connection. */
export type Role = 'server' | 'client';
export const roles: readonly Role[] = ['server', 'client'];

/** Writes down semantic events and output. */
export class RecordingHandler implements ProtocolHandler {
  /** Events in order, such as `text "Hello"`, `ping 01ff`, `failed WS_ERR_INVALID_OPCODE 1002`. */
  readonly events: string[] = [];
  /** What every call of `write` gave, in order. */
  readonly writes: Buffer[] = [];
  /** Set to act when an event comes, for instance to call back into the engine. */
  onEvent: (event: string) => void = () => {};
  /** What `close` answers: `false` keeps the engine from echoing the frame. */
  echo: boolean | undefined = undefined;
  private data: Buffer[] = [];

  /** Everything that was written, joined. */
  get output(): Buffer {
    return Buffer.concat(this.writes);
  }

  write(bytes: Buffer, payload?: Buffer): boolean {
    this.writes.push(Buffer.from(bytes));
    if (payload !== undefined) this.writes.push(Buffer.from(payload));
    return true;
  }

  message(payload: Buffer, isBinary: boolean): void {
    this.tell(isBinary ? `binary ${words(payload)}` : `text ${quoted(payload)}`);
  }

  fragments(fragments: Buffer[]): void {
    this.tell(`fragments [${fragments.map(words).join(', ')}]`);
  }

  compressedMessage(payload: Buffer, isBinary: boolean): void {
    this.tell(`compressed ${isBinary ? 'binary' : 'text'} ${words(payload)}`);
  }

  messageStart(isBinary: boolean, compressed: boolean): void {
    this.tell(`start ${compressed ? 'compressed ' : ''}${isBinary ? 'binary' : 'text'}`);
  }

  /** Pieces are joined until something else happens: they depend on how the input was cut. */
  messageData(piece: Buffer): void {
    expect(piece.length).toBeGreaterThan(0);
    this.data.push(Buffer.from(piece));
    this.onEvent('data');
  }

  messageEnd(): void {
    this.tell('end');
  }

  ping(payload: Buffer): void {
    this.tell(`ping ${words(payload)}`.trimEnd());
  }

  pong(payload: Buffer): void {
    this.tell(`pong ${words(payload)}`.trimEnd());
  }

  close(code: number, reason: Buffer): boolean | undefined {
    this.tell(`close ${code} ${reason.toString()}`.trimEnd());
    return this.echo;
  }

  failed(error: ProtocolError | LimitError): void {
    expect(error instanceof ProtocolError || error instanceof LimitError).toBe(true);
    this.tell(`failed ${error.code} ${error.closeCode}`);
  }

  closable(): void {
    this.tell('closable');
  }

  /** Events so far, with the pieces of a message under way. */
  settle(): string[] {
    if (this.data.length > 0) this.events.push(`data ${words(Buffer.concat(this.data))}`);
    this.data = [];
    return this.events;
  }

  private tell(event: string): void {
    this.settle();
    this.events.push(event);
    this.onEvent(event);
  }
}

/** Bytes as hexadecimal digits, long ones as length and digest. */
export function words(bytes: Uint8Array): string {
  if (bytes.length <= 200) return Buffer.from(bytes).toString('hex');
  return `${bytes.length} bytes ${createHash('sha1').update(bytes).digest('hex')}`;
}

function quoted(text: Buffer): string {
  return text.length <= 200 ? JSON.stringify(text.toString()) : words(text);
}

/** Makes an engine that tells `handler`. */
export type Connect = (handler: RecordingHandler) => WebSocketProtocol;

/** Engines of one role; a client's masking keys count up from 1. */
export function engine(role: Role, options: Partial<ProtocolOptions> = {}): Connect {
  return (handler) =>
    new WebSocketProtocol(handler, { role, nextMaskingKey: countingKeys(), pool, ...options });
}

/** Keys 00000001, 00000002, …; predictable, hence for tests only. */
export function countingKeys(): (target: Buffer, offset: number) => void {
  let count = 0;
  return (target, offset) => {
    target.writeUInt32BE(++count, offset);
  };
}

/** What an engine told for one input. */
export interface Recording {
  events: string[];
  /** Hexadecimal, or length and digest. */
  output: string;
}

/** Feeds chunks to a new engine. */
export function record(chunks: readonly Buffer[], connect: Connect): Recording {
  const handler = new RecordingHandler();
  const protocol = connect(handler);
  for (const chunk of chunks) protocol.receive(chunk, true);
  return { events: handler.settle(), output: words(handler.output) };
}

/** Feeds `bytes` every way of cutting them, each to a new engine, and expects the same recording each time. */
export function feedEveryWay(bytes: Uint8Array, connect: Connect): Recording {
  let expected: Recording | undefined;
  for (const { name, chunks } of everyCut(bytes)) {
    const recording = record(chunks, connect);
    expected ??= recording;
    expect(recording, name).toEqual(expected);
  }
  return expected as Recording;
}

/** Frames as the peer of `role` sends them: masked if we are the server. */
export function fromPeer(role: Role, ...frames: RawFrame[]): Buffer {
  const maskingKey = role === 'server' ? exampleKey : null;
  return Buffer.concat(frames.map((frame) => rawFrame({ maskingKey, ...frame })));
}

/** Frames as `engine(role)` sends them: masked with counting keys if we are the client. */
export function fromUs(role: Role, ...frames: RawFrame[]): Buffer {
  const keys = countingKeys();
  return Buffer.concat(
    frames.map((frame) => {
      const maskingKey = Buffer.alloc(4);
      keys(maskingKey, 0);
      return rawFrame({ maskingKey: role === 'client' ? maskingKey : null, ...frame });
    }),
  );
}
