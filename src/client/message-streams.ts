import { TextDecoder } from 'node:util';
import type { Connection, StreamReceiver } from '../node/connection.js';
import { Hold } from '../node/hold.js';
import { StreamingInflater } from '../node/streaming-inflater.js';
import { type ConnectionClosedError, ProtocolError } from '../protocol/errors.js';
import { iterationError, MessageIterator } from './message-iterator.js';

/** One message as a stream: `for await (const chunk of message)`. Text comes as strings, cut between code points. */
export class MessageStream implements AsyncIterable<string | Buffer, undefined> {
  /** Whether the message is binary; then its chunks are Buffers. */
  readonly isBinary: boolean;
  /** @internal */
  readonly chunks: MessageIterator<string | Buffer>;
  private readonly decoder: TextDecoder | null;

  /** @internal */
  constructor(isBinary: boolean, holdReading: (held: boolean) => void) {
    this.isBinary = isBinary;
    this.chunks = new MessageIterator({ holdReading, detach: () => undefined });
    this.decoder = isBinary ? null : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<string | Buffer, undefined> {
    return this.chunks;
  }

  /** @internal Throws a TypeError for bytes that are not UTF-8. */
  push(bytes: Buffer): void {
    const chunk = this.decoder === null ? bytes : this.decoder.decode(bytes, { stream: true });
    if (chunk.length > 0) this.chunks.push(chunk);
  }

  /** @internal Throws a TypeError if the text ends inside a code point. */
  end(): void {
    this.decoder?.decode();
    this.chunks.end(null);
  }
}

/**
 * The messages of a connection, each a stream. Nothing is read while a message or a chunk waits to be taken;
 * asking for the next message discards what is left of the one before.
 */
export class MessageStreams implements StreamReceiver, AsyncIterableIterator<MessageStream, undefined> {
  private readonly connection: Connection;
  private readonly maxMessageSize: number;
  private readonly messages: MessageIterator<MessageStream>;
  /** The message that is being received. */
  private current: MessageStream | null = null;
  /** The message that was taken last. */
  private taken: MessageStream | null = null;
  private inflater: StreamingInflater | null = null;

  constructor(connection: Connection, maxMessageSize: number) {
    this.connection = connection;
    this.maxMessageSize = maxMessageSize;
    this.messages = new MessageIterator({
      holdReading: (held) => this.hold(Hold.MESSAGE, held),
      detach: () => {
        connection.engine.messageMode = 'whole';
      },
    });
  }

  async next(): Promise<IteratorResult<MessageStream, undefined>> {
    await this.taken?.chunks.return();
    const result = await this.messages.next();
    this.taken = result.done === true ? null : result.value;
    return result;
  }

  /** Leaving the loop: later messages are emitted as events again. */
  async return(): Promise<IteratorResult<MessageStream, undefined>> {
    await this.taken?.chunks.return();
    await this.current?.chunks.return();
    return this.messages.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  messageStart(isBinary: boolean, compressed: boolean): void {
    const message = new MessageStream(isBinary, (held) => this.holdChunks(held));
    this.current = message;
    if (compressed) this.inflater = this.openInflater(message);
    this.messages.push(message);
  }

  messageData(piece: Buffer): void {
    const { current, inflater, connection } = this;
    if (current === null) return;
    if (inflater === null) {
      this.pushTo(current, piece);
      return;
    }
    connection.hold(Hold.INFLATION);
    inflater.write(piece, (error) => {
      if (error !== null) connection.engine.fail(error);
      connection.inflated();
    });
  }

  messageEnd(): void {
    const { current: message, inflater, connection } = this;
    if (message === null) return;
    if (inflater === null) {
      this.endMessage(message);
      return;
    }
    connection.hold(Hold.INFLATION);
    inflater.end((error) => {
      if (error !== null) connection.engine.fail(error);
      else this.endMessage(message);
      connection.inflated();
    });
  }

  closed(error: ConnectionClosedError): void {
    this.inflater?.destroy();
    this.current?.chunks.end(error);
    this.messages.end(iterationError(error));
  }

  private openInflater(message: MessageStream): StreamingInflater {
    return new StreamingInflater({
      window: this.connection.openInflater().window,
      maxMessageSize: this.maxMessageSize,
      onData: (chunk) => this.pushTo(message, chunk),
    });
  }

  private pushTo(message: MessageStream, bytes: Buffer): void {
    try {
      message.push(bytes);
    } catch {
      this.connection.engine.fail(new ProtocolError('WS_ERR_INVALID_UTF8'));
    }
  }

  private endMessage(message: MessageStream): void {
    this.current = null;
    this.inflater = null;
    try {
      message.end();
    } catch {
      this.connection.engine.fail(new ProtocolError('WS_ERR_INVALID_UTF8'));
    }
  }

  /** While zlib works the connection is held anyway; then zlib is what has to pause. */
  private holdChunks(held: boolean): void {
    const { inflater } = this;
    if (inflater === null) this.hold(Hold.CHUNK, held);
    else if (held) inflater.pause();
    else inflater.resume();
  }

  private hold(reason: number, held: boolean): void {
    if (held) this.connection.hold(reason);
    else this.connection.release(reason);
  }
}
