import { Buffer } from 'node:buffer';
import { binaryAs } from '../client/payload.js';
import { CLOSED, CLOSING, CONNECTING, OPEN, type ReadyState } from '../client/ready-state.js';
import { validateCloseCodeAndReason } from './close-arguments.js';
import { type EventHandler, EventHandlers } from './event-handlers.js';
import { CloseEvent, type EventTargetOf, fireEvent, MessageEvent } from './events.js';
import { checkProtocols, getUrlRecord } from './url-record.js';
import {
  type BufferSource,
  bytesOf,
  defineInterface,
  isBufferSource,
  isSequence,
  requireArguments,
  toClampedUnsignedShort,
  toDOMString,
  toSequence,
  toUSVString,
} from './web-idl.js';
import { type ConnectionEnd, WebSocketConnection } from './websocket-connection.js';

/** How binary messages are handed out. */
export type BinaryType = 'blob' | 'arraybuffer';

/** What `message` events hold: text as a string, binary as `binaryType` says. */
export type MessageData = string | Blob | ArrayBuffer;

/** The events of a `WebSocket` by type. */
export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent<MessageData>;
  error: Event;
  close: CloseEvent;
}

const WebSocketEventTarget = EventTarget as unknown as new () => EventTargetOf<WebSocketEventMap>;

/** A WebSocket connection as the WHATWG WebSockets standard words it, and as browsers have it. */
export class WebSocket extends WebSocketEventTarget {
  declare static readonly CONNECTING: typeof CONNECTING;
  declare static readonly OPEN: typeof OPEN;
  declare static readonly CLOSING: typeof CLOSING;
  declare static readonly CLOSED: typeof CLOSED;
  declare readonly CONNECTING: typeof CONNECTING;
  declare readonly OPEN: typeof OPEN;
  declare readonly CLOSING: typeof CLOSING;
  declare readonly CLOSED: typeof CLOSED;

  readonly #url: URL;
  readonly #connection: WebSocketConnection;
  readonly #handlers: EventHandlers = new EventHandlers(this);
  #extensions = '';
  #protocol = '';
  #binaryType: BinaryType = 'blob';
  #bufferedAmount = 0;
  /** Bytes that have left since the current task began. */
  #transmitted = 0;

  /**
   * Opens a connection.
   * @param url absolute, with the scheme ws, wss, http or https
   * @param protocols subprotocols in order of preference, one of which the server has to choose; none by default
   * @throws DOMException `SyntaxError` for an invalid URL or subprotocol
   */
  constructor(url: string | URL, protocols: string | Iterable<string> = []) {
    // biome-ignore lint/complexity/noArguments: Web IDL tells a missing argument from `undefined`
    requireArguments(arguments.length, 1, 'WebSocket constructor');
    super();
    const address = toUSVString(url);
    const list = isSequence(protocols)
      ? toSequence(protocols, 'protocols', toDOMString)
      : [toDOMString(protocols)];
    this.#url = getUrlRecord(address);
    this.#connection = new WebSocketConnection(this.#url, checkProtocols(list), {
      taskPerMessage: true,
      established: (extensions, protocol) => this.#open(extensions, protocol),
      messageReceived: (payload, isBinary) => this.#receive(payload, isBinary),
      bufferSpaceFreed: () => undefined,
      closed: (end) => this.#closed(end),
    });
  }

  /** The URL that the connection was opened with, as it was parsed. */
  get url(): string {
    return this.#url.href;
  }

  /** 0 CONNECTING, 1 OPEN, 2 CLOSING or 3 CLOSED. */
  get readyState(): ReadyState {
    return this.#connection.readyState;
  }

  /** Bytes of messages, without frame headers, that `send` has queued and that have not left this process. */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  /** The extensions that the server chose, with their parameters. */
  get extensions(): string {
    return this.#extensions;
  }

  /** The subprotocol that the server chose. */
  get protocol(): string {
    return this.#protocol;
  }

  /** How binary messages are handed out: `blob` (default) or `arraybuffer`. Other values are ignored. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    const value = toDOMString(type);
    const isKnown = value === 'blob' || value === 'arraybuffer';
    this.#binaryType = isKnown ? value : this.#binaryType;
  }

  /** Handler of the event `open`. */
  get onopen(): EventHandler<this, Event> {
    return this.#handlers.get('open') as EventHandler<this, Event>;
  }

  set onopen(handler: EventHandler<this, Event>) {
    this.#handlers.set('open', handler);
  }

  /** Handler of the event `error`. */
  get onerror(): EventHandler<this, Event> {
    return this.#handlers.get('error') as EventHandler<this, Event>;
  }

  set onerror(handler: EventHandler<this, Event>) {
    this.#handlers.set('error', handler);
  }

  /** Handler of the event `close`. */
  get onclose(): EventHandler<this, CloseEvent> {
    return this.#handlers.get('close') as EventHandler<this, CloseEvent>;
  }

  set onclose(handler: EventHandler<this, CloseEvent>) {
    this.#handlers.set('close', handler);
  }

  /** Handler of the event `message`. */
  get onmessage(): EventHandler<this, MessageEvent<MessageData>> {
    return this.#handlers.get('message') as EventHandler<this, MessageEvent<MessageData>>;
  }

  set onmessage(handler: EventHandler<this, MessageEvent<MessageData>>) {
    this.#handlers.set('message', handler);
  }

  /**
   * Sends a message: text, or binary from a Blob or memory, which may change afterwards. When it is too late it
   * only counts in `bufferedAmount`.
   * @throws DOMException `InvalidStateError` while CONNECTING, TypeError for memory that is shared or can be resized
   */
  send(data: string | BufferSource | Blob): void {
    // biome-ignore lint/complexity/noArguments: Web IDL tells a missing argument from `undefined`
    requireArguments(arguments.length, 1, 'WebSocket.send');
    const { readyState } = this;
    const message = messageOf(data);
    if (readyState === CONNECTING) throw new DOMException('Still connecting', 'InvalidStateError');
    const size = message instanceof Blob ? message.size : Buffer.byteLength(message);
    this.#bufferedAmount += size;
    if (readyState !== OPEN) return;
    const sent = (error?: Error | null) => {
      if (!error) this.#left(size);
    };
    if (message instanceof Blob) this.#connection.sendBlob(message, sent);
    else this.#connection.send(message, sent);
  }

  /**
   * Starts the closing handshake, behind what was sent before; while CONNECTING fails the connection.
   * @param code 1000, or 3000 to 4999; by default the close frame has none
   * @param reason at most 123 bytes of UTF-8, empty by default; without a code goes with 1000
   * @throws DOMException `InvalidAccessError` for another code, `SyntaxError` for a longer reason
   */
  close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
    const closeArguments = {
      code: code === undefined ? null : toClampedUnsignedShort(code),
      reason: reason === undefined ? '' : toUSVString(reason),
    };
    validateCloseCodeAndReason(closeArguments);
    this.#connection.close(closeArguments);
  }

  /** "When the WebSocket connection is established", step 1 done. */
  #open(extensions: string, protocol: string): void {
    // Steps 2 and 3.
    this.#extensions = extensions;
    this.#protocol = protocol;
    // Step 4.
    fireEvent(this, new Event('open'));
  }

  /** "When a WebSocket message has been received", from step 2 on. */
  #receive(payload: Buffer, isBinary: boolean): void {
    // Step 2.
    const data = isBinary ? binaryAs(this.#binaryType, payload) : payload.toString();
    // Step 3.
    fireEvent(this, new MessageEvent('message', { data, origin: this.#url.origin }));
  }

  /** "When the WebSocket connection is closed", step 1 done. */
  #closed({ failed, wasClean, code, reason }: ConnectionEnd): void {
    // Step 2.
    if (failed) fireEvent(this, new Event('error'));
    // Step 3.
    fireEvent(this, new CloseEvent('close', { wasClean, code, reason }));
  }

  /** Bytes that leave count until the end of the task, as the standard has it for `bufferedAmount`. */
  #left(bytes: number): void {
    if (this.#transmitted === 0 && bytes > 0) setImmediate(() => this.#subtractTransmitted());
    this.#transmitted += bytes;
  }

  #subtractTransmitted(): void {
    this.#bufferedAmount -= this.#transmitted;
    this.#transmitted = 0;
  }
}

defineInterface(WebSocket, {
  name: 'WebSocket',
  members: [
    'url',
    'readyState',
    'bufferedAmount',
    'onopen',
    'onerror',
    'onclose',
    'extensions',
    'protocol',
    'close',
    'onmessage',
    'binaryType',
    'send',
  ],
  constants: { CONNECTING, OPEN, CLOSING, CLOSED },
});

/** Converts to `(BufferSource or Blob or USVString)`. */
function messageOf(data: unknown): string | Buffer | Blob {
  if (data instanceof Blob) return data;
  return isBufferSource(data) ? bytesOf(data) : toUSVString(data);
}
