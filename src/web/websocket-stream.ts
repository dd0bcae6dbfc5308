import { Buffer } from 'node:buffer';
import { binaryAs } from '../client/payload.js';
import { OPEN } from '../client/ready-state.js';
import {
  type CloseArguments,
  closeArgumentsOf,
  NO_ARGUMENTS,
  validateCloseCodeAndReason,
  type WebSocketCloseInfo,
} from './close-arguments.js';
import { checkProtocols, getUrlRecord } from './url-record.js';
import {
  type BufferSource,
  bytesOf,
  defineInterface,
  isBufferSource,
  requireArguments,
  toDictionary,
  toSequence,
  toUSVString,
} from './web-idl.js';
import { type ConnectionEnd, WebSocketConnection } from './websocket-connection.js';
import { closeArgumentsOfReason, receivedError, WebSocketError } from './websocket-error.js';

/** Options of a `WebSocketStream`. */
export interface WebSocketStreamOptions {
  /** Subprotocols in order of preference, one of which the server has to choose. Default: none. */
  protocols?: Iterable<string> | undefined;
  /** Aborts the opening handshake; later it has no effect. Default: none. */
  signal?: AbortSignal | undefined;
}

/** What `opened` resolves to. */
export interface WebSocketOpenInfo {
  /** The messages that are received: text as a string, binary as a Uint8Array. Nothing is read that is not asked for. */
  readable: ReadableStream<string | Uint8Array>;
  /** Each chunk is sent as a message. A write waits until there is space in the buffer. Closing it closes the socket. */
  writable: WritableStream<string | BufferSource>;
  /** The extensions that the server chose, with their parameters. */
  extensions: string;
  /** The subprotocol that the server chose. */
  protocol: string;
}

/** A promise with what settles it. Its rejection need not be handled: there are two that tell of the same end. */
class Settleable<T> {
  resolve!: (value: T) => void;
  reject!: (reason: unknown) => void;
  readonly promise: Promise<T> = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    this.promise.catch(() => undefined);
  }
}

/** A WebSocket connection with messages as streams, which have backpressure (WHATWG WebSockets, "WebSocketStream"). */
export class WebSocketStream {
  readonly #url: URL;
  readonly #opened = new Settleable<WebSocketOpenInfo>();
  readonly #closed = new Settleable<{ closeCode: number; reason: string }>();
  #connection: WebSocketConnection | null = null;
  #stopListening: () => void = () => undefined;
  #wasEverConnected = false;
  /** `null` where there is nothing to enqueue into: before the stream is there, and after it was cancelled. */
  #readable: ReadableStreamDefaultController<string | Uint8Array> | null = null;
  #writable: WritableStreamDefaultController | null = null;
  /** The write that waits for buffer space goes on. */
  #resumeWrite: () => void = () => undefined;
  /** The writable was closed: settled when the connection is. */
  #writableClose: Settleable<void> | null = null;

  /**
   * Opens a connection.
   * @param url absolute, with the scheme ws, wss, http or https
   * @throws DOMException `SyntaxError` for an invalid URL or subprotocol
   */
  constructor(url: string | URL, options: WebSocketStreamOptions = {}) {
    // biome-ignore lint/complexity/noArguments: Web IDL tells a missing argument from `undefined`
    requireArguments(arguments.length, 1, 'WebSocketStream constructor');
    const address = toUSVString(url);
    const { protocols, signal } = optionsOf(options);
    this.#url = getUrlRecord(address);
    const list = checkProtocols(protocols);
    if (signal?.aborted) this.#abort(signal.reason);
    else this.#connect(list, signal);
  }

  /** The URL that the connection was opened with, as it was parsed. */
  get url(): string {
    return this.#url.href;
  }

  /** Resolves when the connection is established; rejects with a `WebSocketError`, or why `signal` was aborted. */
  get opened(): Promise<WebSocketOpenInfo> {
    return this.#opened.promise;
  }

  /**
   * Resolves with the peer's close code and reason when the connection was closed cleanly; rejects with a
   * `WebSocketError`, or why `signal` was aborted.
   */
  get closed(): Promise<{ closeCode: number; reason: string }> {
    return this.#closed.promise;
  }

  /**
   * Starts the closing handshake, behind what was sent before; before `opened` fails the connection.
   * @throws TypeError, or DOMException `InvalidAccessError` or `SyntaxError`, for a code or reason that scripts may not
   * send
   */
  close(closeInfo: WebSocketCloseInfo = {}): void {
    const closeArguments = closeArgumentsOf(closeInfo);
    validateCloseCodeAndReason(closeArguments);
    this.#close(closeArguments);
  }

  #connect(protocols: readonly string[], signal: AbortSignal | undefined): void {
    this.#connection = new WebSocketConnection(this.#url, protocols, {
      taskPerMessage: false,
      established: (extensions, protocol) => this.#established(extensions, protocol),
      messageReceived: (payload, isBinary) => this.#receive(payload, isBinary),
      bufferSpaceFreed: () => this.#resumeWrite(),
      closed: (end) => this.#onClosed(end),
    });
    if (signal !== undefined) this.#listen(signal);
  }

  /** The abort steps of the constructor: "if the WebSocket connection is not yet established". */
  #listen(signal: AbortSignal): void {
    const abort = (): void => {
      this.#close(NO_ARGUMENTS);
      this.#abort(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#stopListening = () => signal.removeEventListener('abort', abort);
  }

  /** After "handshake aborted" nothing else counts: a promise is settled once. */
  #abort(reason: unknown): void {
    this.#opened.reject(reason);
    this.#closed.reject(reason);
  }

  /** "When the WebSocket connection is established". */
  #established(extensions: string, protocol: string): void {
    this.#stopListening();
    this.#wasEverConnected = true;
    const readable = new ReadableStream<string | Uint8Array>({
      start: (controller) => {
        this.#readable = controller;
      },
      pull: () => this.#connection?.applyBackpressure(false),
      cancel: (reason) => this.#cancel(reason),
    });
    const writable = new WritableStream<string | BufferSource>({
      start: (controller) => {
        this.#writable = controller;
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#closeWritable(),
      abort: (reason) => this.#close(closeArgumentsOfReason(reason)),
    });
    this.#opened.resolve({ readable, writable, extensions, protocol });
  }

  /** "When a WebSocket message has been received". */
  #receive(payload: Buffer, isBinary: boolean): void {
    const readable = this.#readable;
    if (readable === null) return;
    readable.enqueue(
      isBinary ? new Uint8Array(binaryAs('arraybuffer', payload) as ArrayBuffer) : payload.toString(),
    );
    if ((readable.desiredSize ?? 0) <= 0) this.#connection?.applyBackpressure(true);
  }

  /** "Cancel": close using reason. */
  #cancel(reason: unknown): void {
    this.#readable = null;
    this.#close(closeArgumentsOfReason(reason));
  }

  /** "Write". @throws TypeError (rejection) for a chunk that is neither bytes nor text */
  async #write(chunk: unknown): Promise<void> {
    const message = isBufferSource(chunk) ? bytesOf(chunk) : toUSVString(chunk);
    const connection = this.#connection as WebSocketConnection;
    if (connection.readyState === OPEN && !connection.hasBufferSpace()) {
      // What waits has to be a copy.
      const kept = typeof message === 'string' ? message : Buffer.from(message);
      await new Promise<void>((resolve) => {
        this.#resumeWrite = resolve;
      });
      if (connection.readyState === OPEN) connection.send(kept);
    } else if (connection.readyState === OPEN) {
      connection.send(message);
    }
  }

  /** The writable is closed when the connection is. */
  #closeWritable(): Promise<void> {
    this.#writableClose = new Settleable();
    this.#close(NO_ARGUMENTS);
    return this.#writableClose.promise;
  }

  #close(closeArguments: CloseArguments): void {
    this.#connection?.close(closeArguments);
    this.#resumeWrite();
  }

  /** "When the WebSocket connection is closed", the ready state is CLOSED. */
  #onClosed({ wasClean, code, reason }: ConnectionEnd): void {
    this.#stopListening();
    if (!this.#wasEverConnected)
      this.#opened.reject(new WebSocketError('The connection could not be established'));
    if (wasClean) this.#endCleanly(code, reason);
    else this.#endWith(receivedError('The connection was not closed cleanly', code, reason));
    this.#resumeWrite();
  }

  #endCleanly(closeCode: number, reason: string): void {
    this.#readable?.close();
    if (this.#writableClose !== null) this.#writableClose.resolve();
    else this.#writable?.error(new DOMException('The WebSocketStream is closed', 'InvalidStateError'));
    this.#closed.resolve({ closeCode, reason });
  }

  #endWith(error: WebSocketError): void {
    this.#readable?.error(error);
    if (this.#writableClose !== null) this.#writableClose.reject(error);
    else this.#writable?.error(error);
    this.#closed.reject(error);
  }
}

defineInterface(WebSocketStream, { name: 'WebSocketStream', members: ['url', 'opened', 'closed', 'close'] });

/** Converts to `WebSocketStreamOptions`. */
function optionsOf(options: unknown): { protocols: string[]; signal: AbortSignal | undefined } {
  const { protocols, signal } = toDictionary(options, 'options');
  const list = protocols === undefined ? [] : toSequence(protocols, 'protocols', toUSVString);
  if (signal === undefined || signal instanceof AbortSignal) return { protocols: list, signal };
  throw new TypeError('signal is not an AbortSignal');
}
