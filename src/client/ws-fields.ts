/**
 * Fields beginning with `_` that sockets of `ws` have and that other software is known to read. All of them are made
 * when they are asked for: a socket that nobody asks costs nothing. What they tell is told by the connection.
 */

import { Buffer } from 'node:buffer';
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import type { Connection } from '../node/connection.js';
import type { DeflateAgreement } from '../node/connection-settings.js';
import type { SendCallback } from '../node/socket-writer.js';
import { CloseCode } from '../protocol/close-codes.js';
import { PerMessageDeflate } from './per-message-deflate.js';
import { Sender } from './sender.js';
import { sendControl, sendMessage } from './sending.js';
import type { WebSocket } from './websocket.js';
import type { SendOptions } from './websocket-types.js';

const EMPTY = Buffer.alloc(0);

/** What `_sender` of a socket offers of the class `Sender`. */
class SenderFace {
  static readonly frame = Sender.frame;

  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get _socket(): Duplex {
    return this.#connection.socket;
  }

  /** Bytes that wait for compression or a Blob. */
  get _bufferedBytes(): number {
    const { bufferedAmount } = this.#connection.outgoing;
    return Math.max(0, bufferedAmount - this._socket.writableLength);
  }

  /** Writes what `Sender.frame` gave, in its place among what is sent otherwise. */
  sendFrame(frames: readonly Buffer[], callback?: SendCallback): void {
    this.#connection.outgoing.sendFrames(frames.length === 1 ? frames[0] : Buffer.concat(frames), callback);
  }

  send(data: unknown, options: SendOptions, callback?: SendCallback): void {
    const { binary = false, compress = false, fin = false } = options;
    sendMessage(this.#connection, data, { binary, compress, fin }, callback);
  }

  ping(data: unknown, _mask?: boolean, callback?: SendCallback): void {
    this.#control('ping', data, callback);
  }

  pong(data: unknown, _mask?: boolean, callback?: SendCallback): void {
    this.#control('pong', data, callback);
  }

  close(code?: number, data?: Buffer | string, _mask?: boolean, callback?: SendCallback): void {
    this.#connection.startClose(code, data);
    if (callback !== undefined) this.#connection.outgoing.whenWritten(callback);
  }

  #control(kind: 'ping' | 'pong', data: unknown, callback: SendCallback | undefined): void {
    const connection = this.#connection;
    if (connection.engine.canSend) sendControl(connection, kind, data, callback);
    else if (callback !== undefined) nextTick(callback, connection.closedError());
  }
}

/** What `_receiver` of a socket offers of the class `Receiver`. */
class ReceiverFace {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get _isServer(): boolean {
    return this.#connection.settings.plain.role === 'server';
  }

  /** Bytes that a message may have; a change counts from the next message on. */
  get _maxPayload(): number {
    return this.#connection.engine.maxPayload;
  }

  set _maxPayload(bytes: number) {
    const connection = this.#connection;
    connection.engine.maxPayload = bytes;
    if (connection.agreement !== null) connection.openInflater().maxPayload = bytes;
  }
}

const senders = new WeakMap<Connection, SenderFace>();
const receivers = new WeakMap<Connection, ReceiverFace>();

function faceOf<Face>(
  faces: WeakMap<Connection, Face>,
  connection: Connection | null,
  Class: new (connection: Connection) => Face,
): Face | null {
  if (connection === null) return null;
  const known = faces.get(connection);
  if (known !== undefined) return known;
  const face = new Class(connection);
  faces.set(connection, face);
  return face;
}

/** Each field by name: what it tells of a socket. */
const fields: Readonly<Record<string, (socket: WebSocket) => unknown>> = {
  _socket: ({ _connection }) => _connection?.socket ?? null,
  _sender: ({ _connection }) => faceOf(senders, _connection, SenderFace),
  _receiver: ({ _connection }) => faceOf(receivers, _connection, ReceiverFace),
  _req: ({ _opening }) => _opening?.request ?? null,
  _readyState: ({ readyState }) => readyState,
  _closeCode: ({ _connection }) => _connection?.closeCode ?? CloseCode.ABNORMAL_CLOSURE,
  _closeMessage: ({ _connection }) => _connection?.closeReason ?? EMPTY,
  _closeFrameSent: ({ _connection }) => (_connection?.engine.sentCloseCode ?? null) !== null,
  _closeFrameReceived: ({ _connection }) =>
    _connection !== null && _connection.closeCode !== CloseCode.ABNORMAL_CLOSURE,
};

/** What a program has agreed on in place of the handshake, and put where `ws` keeps it; bounded by `maxPayload`. */
export function assignedAgreement(socket: WebSocket, maxPayload: number): DeflateAgreement | null {
  const { _extensions: extensions } = socket as { _extensions?: Record<string, unknown> };
  const deflate = extensions?.[PerMessageDeflate.extensionName];
  const agreement = deflate instanceof PerMessageDeflate ? deflate.agreement : null;
  if (agreement === null) return null;
  const { inflate } = agreement;
  return { ...agreement, inflate: { ...inflate, maxPayload: lower(inflate.maxPayload, maxPayload) } };
}

/** The lower of two bounds; 0 is none. */
function lower(one: number, other: number): number {
  return one === 0 || other === 0 ? one + other : Math.min(one, other);
}

/** What `JSON.stringify` shows of a socket: its attributes. What an application put on it may be secret, or a circle. */
function toJSON(this: WebSocket): object {
  const { url, protocol, extensions, readyState, binaryType, bufferedAmount } = this;
  return { url, protocol, extensions, readyState, binaryType, bufferedAmount };
}

/**
 * Gives a prototype the fields, and a form for JSON that has no end in itself. Assigning replaces one: applications
 * put properties of their own on sockets.
 */
export function defineWsFields(prototype: object): void {
  Object.defineProperty(prototype, 'toJSON', { value: toJSON, writable: true, configurable: true });
  for (const [name, read] of Object.entries(fields)) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: WebSocket) {
        return read(this);
      },
      set(this: WebSocket, value: unknown) {
        Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
      },
    });
  }
}
