/**
 * Frames from a stream of bytes as the Writable that `ws` exports. For tools that read frames themselves; a
 * `WebSocket` does not need it. An adapter over the engine: it answers nothing and closes no socket.
 */

import type { Buffer } from 'node:buffer';
import { Writable } from 'node:stream';
import { randomMaskingKey } from '../node/masking-keys.js';
import { LimitError, type ProtocolError, UsageError } from '../protocol/errors.js';
import type { ProtocolHandler } from '../protocol/protocol-handler.js';
import { WebSocketProtocol } from '../protocol/websocket-protocol.js';
import { type BinaryType, binaryAs, binaryTypes } from './payload.js';
import { PerMessageDeflate } from './per-message-deflate.js';

/** Options of a `Receiver`. */
export interface ReceiverOptions {
  /** Whether several events may come in one turn of the event loop. Default `true`. */
  allowSynchronousEvents?: boolean | undefined;
  /** How binary messages are handed out. Default `'nodebuffer'`. */
  binaryType?: BinaryType | undefined;
  /** The agreed `PerMessageDeflate` by its `extensionName`. */
  extensions?: Readonly<Record<string, PerMessageDeflate>> | undefined;
  /** Whether frames must be masked, as a client's are, or must not be. Default `false`. */
  isServer?: boolean | undefined;
  /** Fragments that a message may have; 0 for no limit. Default 0. */
  maxFragments?: number | undefined;
  /** Taken and not used: pieces are joined as they come, so they need no bound but their bytes. */
  maxBufferedChunks?: number | undefined;
  /** Bytes that a message may have, on the wire and once it is inflated; 0 for no limit. Default 0. */
  maxPayload?: number | undefined;
  /** Whether text is taken unchecked. Default `false`. */
  skipUTF8Validation?: boolean | undefined;
}

/**
 * Takes the bytes of one peer. Events: `message` (data, isBinary), `ping` (data), `pong` (data), `conclude` (code,
 * reason) for the close frame, after which nothing is read and the stream finishes, and `error` with a
 * `ProtocolError` or `LimitError`, after which it is destroyed. The bytes written to it may be changed.
 */
export class Receiver extends Writable {
  readonly #engine: WebSocketProtocol;
  readonly #deflate: PerMessageDeflate | undefined;
  readonly #synchronous: boolean;
  readonly #binaryType: BinaryType;
  readonly #maxPayload: number;
  /** Decoding waits for a message that is inflated, or for the next turn. */
  #held = false;
  /** What ended it; a close frame leaves `null`. */
  #error: Error | null = null;
  /** The callback of the write whose bytes are not all decoded. */
  #written: ((error?: Error | null) => void) | null = null;

  /** @throws UsageError `WS_ERR_INVALID_OPTIONS` for a `binaryType` that there is not */
  constructor(options: ReceiverOptions = {}) {
    super();
    const { extensions, binaryType = 'nodebuffer', maxPayload = 0 } = options;
    if (!binaryTypes.has(binaryType)) {
      throw new UsageError('WS_ERR_INVALID_OPTIONS', `There is no binaryType ${JSON.stringify(binaryType)}`);
    }
    this.#deflate = extensions?.[PerMessageDeflate.extensionName];
    this.#synchronous = options.allowSynchronousEvents ?? true;
    this.#binaryType = binaryType;
    this.#maxPayload = maxPayload === 0 ? Number.POSITIVE_INFINITY : maxPayload;
    this.#engine = new WebSocketProtocol(this.#handler(), {
      role: options.isServer === true ? 'server' : 'client',
      nextMaskingKey: randomMaskingKey,
      maxPayload,
      maxFragments: options.maxFragments ?? 0,
      perMessageDeflate: this.#deflate !== undefined,
      skipUTF8Validation: options.skipUTF8Validation,
      autoPong: false,
    });
    if (binaryType === 'fragments') this.#engine.messageMode = 'fragments';
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#written = callback;
    this.#engine.receive(chunk);
    this.#settle();
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#engine.terminate();
    callback(error);
  }

  #handler(): ProtocolHandler {
    return {
      message: (payload, isBinary) => this.#message(payload, isBinary),
      compressedMessage: (payload, isBinary) => this.#inflate(payload, isBinary),
      fragments: (fragments) => this.#tell('message', fragments, true),
      ping: (payload) => this.#tell('ping', payload),
      pong: (payload) => this.#tell('pong', payload),
      close: (code, reason) => {
        this.emit('conclude', code, reason);
        this.end();
        return false;
      },
      failed: (error) => this.#fail(error),
      // What the engine would write, a close frame, is not ours to send.
      write: () => true,
      closable: () => {},
    };
  }

  #message(payload: Buffer, isBinary: boolean): void {
    this.#tell('message', isBinary ? binaryAs(this.#binaryType, payload) : payload, isBinary);
  }

  #inflate(payload: Buffer, isBinary: boolean): void {
    this.#hold();
    this.#deflate?.decompress(payload, true, (error, message) => {
      if (this.destroyed) return;
      this.#held = false;
      if (error || message === undefined) this.#engine.fail(error as ProtocolError | LimitError);
      else if (message.length > this.#maxPayload)
        this.#engine.fail(new LimitError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'));
      else if (this.#engine.acceptInflated(message, isBinary)) this.#message(message, isBinary);
      // Held again if the message has to wait for its turn.
      if (!this.#held) this.#release();
    });
  }

  /** Emits now, or in a turn of the event loop of its own. */
  #tell(event: string, ...values: unknown[]): void {
    if (this.#synchronous) {
      this.emit(event, ...values);
      return;
    }
    this.#hold();
    setImmediate(() => {
      if (this.destroyed) return;
      this.emit(event, ...values);
      this.#release();
    });
  }

  #hold(): void {
    this.#held = true;
    this.#engine.setGate('shut');
  }

  #release(): void {
    this.#held = false;
    this.#engine.setGate('open');
    this.#settle();
  }

  #fail(error: Error): void {
    this.#error = error;
  }

  /** The write is over once all of its bytes are decoded, so a slow listener slows the writer. */
  #settle(): void {
    if (this.#held && this.#error === null) return;
    const written = this.#written;
    this.#written = null;
    written?.(this.#error);
  }
}
