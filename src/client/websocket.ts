import type { ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Connection } from '../node/connection.js';
import type { ConnectionOwner } from '../node/connection-owner.js';
import { connectionSettings } from '../node/connection-settings.js';
import { diagnostics } from '../node/diagnostics.js';
import { Hold } from '../node/hold.js';
import type { PreparedMessage } from '../node/prepared-message.js';
import type { SendCallback } from '../node/socket-writer.js';
import type { StreamSource } from '../node/stream-sender.js';
import { CloseCode } from '../protocol/close-codes.js';
import { ConnectionClosedError } from '../protocol/errors.js';
import type { FrameListener } from '../protocol/frame-tap.js';
import type { ClientOptions } from './client-options.js';
import { makeEnumerable } from './event-target.js';
import { type TapOptions, tapFrames } from './frame-taps.js';
import { defineDefaults, defineOwn } from './instance-size.js';
import { holdReading, openIterator, openMessageStreams } from './iteration.js';
import { emitMessage } from './message-event.js';
import { iterationError, type MessageIterator } from './message-iterator.js';
import type { MessageStreams } from './message-streams.js';
import { startOpening } from './opening.js';
import type { OpeningHandshake } from './opening-handshake.js';
import { type BinaryType, type BufferLike, binaryAs, binaryTypes } from './payload.js';
import {
  CLOSED,
  CLOSING,
  CONNECTING,
  defineReadyStates,
  notOpen,
  OPEN,
  type ReadyState,
  ReadyStateEmitter,
} from './ready-state.js';
import { controlArguments, messageSize, sendControl, sendMessage, sendStream } from './sending.js';
import type {
  ControlArguments,
  SendOptions,
  SendStreamOptions,
  SocketOptions,
  Upgrade,
} from './websocket-types.js';
import { assignedAgreement, defineWsFields } from './ws-fields.js';

const EMPTY = Buffer.alloc(0);
const NO_OPTIONS: SendOptions = Object.freeze({});

/**
 * A WebSocket connection at either end, with the API of `ws` and what hawser adds to it. What is not API begins
 * with `_`, as there: applications subclass it, and put properties of their own on sockets.
 */
export class WebSocket extends ReadyStateEmitter implements ConnectionOwner {
  /** At a server: what `authenticate` resolved to. */
  declare context: unknown;

  private readonly _options: SocketOptions;
  private _state: ReadyState = CONNECTING;
  /** @internal */
  _connection: Connection | null = null;
  declare private _isServer: boolean;
  declare private _url: string;
  declare private _protocol: string;
  declare private _binaryType: BinaryType;
  /** @internal */
  declare _opening: OpeningHandshake | null;
  /** @internal */
  declare _iterator: MessageIterator<string | Buffer> | null;
  declare private _streams: MessageStreams | null;
  /** @internal Whether both close frames were exchanged. */
  declare _wasClean: boolean;
  /** @internal The transport, as `ws` names it; see `ws-fields`. */
  declare readonly _socket: Duplex | null;
  /** Bytes that were sent when it was too late. */
  declare private _lost: number;

  static {
    // On the prototype until they are set: an open connection does not pay 8 bytes for each.
    const reading = { _binaryType: 'nodebuffer', _iterator: null, _streams: null };
    const ends = { _isServer: true, _url: '', _opening: null, context: undefined };
    defineDefaults(WebSocket.prototype, { ...reading, ...ends, _protocol: '', _wasClean: false, _lost: 0 });
  }

  /**
   * Opens a connection. With `null` as address nothing is opened: `setSocket` gives it an upgraded socket.
   * @throws UsageSyntaxError for an invalid URL or subprotocol
   */
  constructor(address: null, protocols?: undefined, options?: ClientOptions & { isServer?: boolean });
  constructor(address: string | URL, options?: ClientOptions | ClientRequestArgs);
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: ClientOptions | ClientRequestArgs,
  );
  constructor(
    address: string | URL | null,
    protocols?: string | string[] | ClientOptions | ClientRequestArgs,
    options: SocketOptions | ClientRequestArgs = {},
  ) {
    super();
    const swapped = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols);
    this._options = ((swapped ? protocols : options) ?? {}) as SocketOptions;
    if (address !== null || this._options.isServer === false) this._isServer = false;
    if (address === null) return;
    this._url = String(address);
    this._opening = startOpening(this, address, swapped ? undefined : protocols, this._options);
    this._url = this._opening.url;
    // `finishRequest` may have closed it already.
    if (this._state !== CONNECTING) this._opening.abort();
  }

  /** 0 CONNECTING, 1 OPEN, 2 CLOSING or 3 CLOSED. */
  get readyState(): ReadyState {
    if (this._state !== OPEN) return this._state;
    return (this._connection as Connection).closing ? CLOSING : OPEN;
  }

  /** The URL as it was parsed; after redirects the last one. Empty at a server. */
  get url(): string {
    return this._opening?.url ?? this._url;
  }

  /** The subprotocol that was agreed on, or an empty string. */
  get protocol(): string {
    return this._protocol;
  }

  /** The extensions that were agreed on: `permessage-deflate` or an empty string. */
  get extensions(): string {
    return this._connection?.agreement ? 'permessage-deflate' : '';
  }

  /** Bytes that were sent and that the kernel has not taken yet, frame headers included. */
  get bufferedAmount(): number {
    return this._lost + (this._connection?.bufferedAmount ?? 0);
  }

  /** Messages that were dropped because the peer does not read (`slowConsumer: 'drop'`). */
  get droppedMessages(): number {
    return this._connection?.outgoing.dropped ?? 0;
  }

  /** Round trip of the last heartbeat in milliseconds; `undefined` before the first. May be overwritten. */
  get latency(): number | undefined {
    return this._connection?.latency;
  }

  set latency(value: number | undefined) {
    defineOwn(this, 'latency', value);
  }

  /** Whether `pause` is in force. */
  get isPaused(): boolean {
    return this._connection?.isHeld(Hold.USER) ?? false;
  }

  /** The peer's IP address; behind trusted proxies the client's. Unknown without TCP, and once the socket has closed. */
  get remoteAddress(): string | undefined {
    return (this._connection?.socket as Partial<Socket> | undefined)?.remoteAddress;
  }

  set remoteAddress(address: string | undefined) {
    defineOwn(this, 'remoteAddress', address);
  }

  /** How binary messages are handed out: `nodebuffer` (default), `arraybuffer`, `fragments` or `blob`. */
  get binaryType(): BinaryType {
    return this._binaryType;
  }

  set binaryType(type: BinaryType) {
    if (!binaryTypes.has(type)) return;
    this._binaryType = type;
    if (this._connection?.engine.messageMode !== 'streaming') this._applyBinaryType();
  }

  /**
   * Sends a message. `true` while more may be sent; `false` when `bufferedAmount` has reached `highWaterMark`
   * (wait for `drain`), when the message was dropped, or when it is too late.
   * @param callback called when the message has left this process, or with the error that kept it
   * @throws UsageError `WS_ERR_NOT_OPEN` while CONNECTING
   */
  send(data: BufferLike | PreparedMessage, callback?: SendCallback): boolean;
  send(data: BufferLike | PreparedMessage, options: SendOptions, callback?: SendCallback): boolean;
  send(data: unknown, options?: SendOptions | SendCallback, callback?: SendCallback): boolean {
    const flags = typeof options === 'function' ? NO_OPTIONS : (options ?? NO_OPTIONS);
    const done = typeof options === 'function' ? options : callback;
    const connection = this._writable(data, done);
    return connection !== null && sendMessage(connection, data, flags, done);
  }

  /**
   * Sends one message as a fragment per chunk, as fast as the peer reads; `send` meanwhile waits behind it.
   * Resolves when the last fragment was handed over. A source that throws closes with 1011, since a message
   * cannot be taken back, and rejects with `WS_ERR_SOURCE_FAILED`.
   * @throws ConnectionClosedError (rejection) if the connection ends first
   */
  async sendStream(source: StreamSource, options: SendStreamOptions = {}): Promise<void> {
    const connection = this._writable(EMPTY, undefined);
    if (connection === null) throw this._closedError();
    await sendStream(connection, source, options);
  }

  /** Sends a ping. @throws UsageError while CONNECTING, UsageRangeError over 125 bytes */
  ping(...args: ControlArguments): void {
    this._sendControl('ping', args);
  }

  /** Sends a pong. @throws UsageError while CONNECTING, UsageRangeError over 125 bytes */
  pong(...args: ControlArguments): void {
    this._sendControl('pong', args);
  }

  /**
   * Starts the closing handshake, behind what was sent before. One that hangs is cut off after `closeTimeout`.
   * @throws UsageError `WS_ERR_INVALID_ARGUMENT` for a code that may not be sent
   * @throws UsageRangeError `WS_ERR_CONTROL_DATA_TOO_LONG` for a reason over 123 bytes
   */
  close(code?: number, reason?: string | Buffer): void {
    if (this._state === CONNECTING && this._url !== '') this._abortOpening();
    else if (this._state === OPEN) this._connection?.startClose(code, reason);
  }

  /** Ends the connection at once, without a closing handshake: the peer sees 1006. */
  terminate(): void {
    if (this._state === CONNECTING && this._url !== '') this._abortOpening();
    else if (this._state === OPEN) this._connection?.terminate();
  }

  /** Stops reading: the peer will feel backpressure. Nothing while CONNECTING or CLOSED. */
  pause(): void {
    if (this._state === OPEN) this._connection?.hold(Hold.USER);
  }

  /** Ends `pause`. */
  resume(): void {
    if (this._state === OPEN) this._connection?.release(Hold.USER);
  }

  /**
   * Iterates over messages: a `string` for text, a `Buffer` for binary. Nothing is read while the loop is busy;
   * leaving it keeps the connection open. Loops share the messages: one that follows at once misses none.
   * Ends when the connection closes with 1000, 1001 or without a code; else throws a `ConnectionClosedError`.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<string | Buffer, undefined> {
    return openIterator(this);
  }

  /**
   * Hands out each message as a stream of chunks from the next message on, instead of `message` events;
   * `maxMessageSize` bounds it. See `MessageStreams`.
   * @throws UsageError `WS_ERR_NOT_OPEN` while CONNECTING and once CLOSED
   */
  messageStreams(): MessageStreams {
    this._streams = openMessageStreams(this, this._streams, this._options.maxMessageSize ?? 0);
    return this._streams;
  }

  /** Shows `listener` each frame, both ways, from the next on; returns what ends that. @throws UsageError `WS_ERR_NOT_OPEN` */
  tapFrames(listener: FrameListener, options: TapOptions = {}): () => void {
    return tapFrames(this, listener, options);
  }

  /** Gives a WebSocket that was made with `null` its upgraded socket; `head` are bytes that came already. */
  setSocket(socket: Duplex, head: Buffer, options: SocketOptions = {}): void {
    const given = { ...this._options, ...options };
    const settings = connectionSettings(this._isServer ? 'server' : 'client', given);
    const agreement = assignedAgreement(this, settings.maxPayload);
    this._adopt({ socket, head, settings, agreement, heartbeat: null, subprotocol: this._protocol });
  }

  /** @internal */
  _adopt(upgrade: Upgrade): void {
    const { socket, head, settings, agreement, heartbeat } = upgrade;
    this._openingEnded();
    if (upgrade.subprotocol !== '') this._protocol = upgrade.subprotocol;
    this._connection = new Connection(this, socket, settings, agreement, heartbeat);
    this._state = OPEN;
    if (this._binaryType === 'fragments') this._applyBinaryType();
    if (this._iterator?.idle) holdReading(this, true);
    this._connection.start(head);
    if (diagnostics.open.hasSubscribers) diagnostics.open.publish({ socket: this });
    this.emit('open');
  }

  /** @internal */
  connectionMessage(payload: Buffer, isBinary: boolean): void {
    this._iterator?.push(isBinary ? payload : payload.toString());
    if (isBinary) emitMessage(this, binaryAs(this._binaryType, payload), true);
    else emitMessage(this, this._options.textType === 'string' ? payload.toString() : payload, false);
  }

  /** @internal */
  connectionFragments(fragments: Buffer[]): void {
    this._iterator?.push(Buffer.concat(fragments));
    const type = this._binaryType;
    this.emit('message', type === 'fragments' ? fragments : binaryAs(type, Buffer.concat(fragments)), true);
  }

  /** @internal */
  connectionPing(payload: Buffer): void {
    this.emit('ping', payload);
  }

  /** @internal */
  connectionPong(payload: Buffer): void {
    this.emit('pong', payload);
  }

  /** @internal */
  connectionDrain(): void {
    this.emit('drain');
  }

  /** @internal */
  connectionError(error: Error): void {
    if (diagnostics.error.hasSubscribers) diagnostics.error.publish({ socket: this, error });
    this._emitError(error);
  }

  /** @internal */
  connectionClose(code: number, reason: Buffer): void {
    const connection = this._connection as Connection;
    this._wasClean = connection.engine.sentCloseCode !== undefined && code !== CloseCode.ABNORMAL_CLOSURE;
    this._ended(code, reason, () => connection.closedError());
  }

  /** A server must not fall for what a peer does, and a loop over messages throws the error itself. */
  private _emitError(error: Error): void {
    const mayThrow = !this._isServer && this._iterator === null;
    if (mayThrow || this.listenerCount('error') > 0) this.emit('error', error);
  }

  private _ended(code: number, reason: Buffer, error: () => Error): void {
    this._state = CLOSED;
    if (this._iterator !== null) {
      this._iterator.end(iterationError(error()));
      this._iterator = null;
    }
    if (diagnostics.close.hasSubscribers) {
      diagnostics.close.publish({ socket: this, code, reason: reason.toString() });
    }
    this.emit('close', code, reason);
  }

  /** @internal */
  _openingFailed(error: Error): void {
    this._state = CLOSING;
    try {
      this._emitError(error);
    } finally {
      this._openingEnded();
      this._ended(CloseCode.ABNORMAL_CLOSURE, EMPTY, () => error);
    }
  }

  private _openingEnded(): void {
    if (this._opening === null) return;
    this._url = this.url;
    this._opening = null;
  }

  private _abortOpening(): void {
    this._state = CLOSING;
    this._opening?.abort();
  }

  private _sendControl(kind: 'ping' | 'pong', args: unknown[]): void {
    const { data, callback } = controlArguments(args);
    const connection = this._writable(data, callback);
    if (connection !== null) sendControl(connection, kind, data, callback);
  }

  /** The connection if it can be written to, else the callback is told. Not by `readyState`: S1 was 1.19 × ws so, not 1.21. */
  private _writable(data: unknown, callback: SendCallback | undefined): Connection | null {
    const { _connection: connection } = this;
    if (this._state === OPEN && connection?.closing === false) return connection;
    const { readyState } = this;
    if (readyState === CONNECTING) throw notOpen(readyState);
    this._lost += messageSize(data);
    if (callback !== undefined) process.nextTick(callback, notOpen(readyState));
    return null;
  }

  /** @internal */
  _closedError(): ConnectionClosedError {
    return this._connection?.closedError() ?? new ConnectionClosedError({ receivedCode: 1006 });
  }

  /** @internal */
  _applyBinaryType(): void {
    const engine = this._connection?.engine;
    if (engine) engine.messageMode = this._binaryType === 'fragments' ? 'fragments' : 'whole';
  }
}

defineReadyStates(WebSocket);
makeEnumerable(WebSocket.prototype, 'binaryType', 'bufferedAmount', 'extensions', 'isPaused');
makeEnumerable(WebSocket.prototype, 'protocol', 'readyState', 'url');
defineWsFields(WebSocket.prototype);
