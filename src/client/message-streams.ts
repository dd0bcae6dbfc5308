import { TextDecoder } from 'node:util';
import type { Connection } from '../node/connection.js';
import type { StreamReceiver } from '../node/connection-owner.js';
import { Hold } from '../node/hold.js';
import { StreamingInflater } from '../node/streaming-inflater.js';
import { type ConnectionClosedError, type LimitError, ProtocolError } from '../protocol/errors.js';
import { iterationError, MessageIterator } from './message-iterator.js';

/** One message as a stream: `for await (const chunk of message)`. Text comes as strings, cut between code points. */
export class MessageStream implements AsyncIterable<string | Buffer, undefined> {
  /** Whether the message is binary; then its chunks are Buffers. */
  readonly isBinary: boolean;
  /** @internal */
  readonly chunks: MessageIterator<string | Buffer>;
  private readonly decoder: TextDecoder | null;

  /** @internal */
  constructor(isBinary: boolean, fatal: boolean, holdReading: (held: boolean) => void) {
    this.isBinary = isBinary;
    this.chunks = new MessageIterator({ holdReading, detach: (held) => held && holdReading(false) });
    this.decoder = isBinary ? null : new TextDecoder('utf-8', { fatal, ignoreBOM: true });
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
    const last = this.decoder?.decode() ?? '';
    if (last.length > 0) this.chunks.push(last);
    this.chunks.end(null);
  }
}

/**
 * The messages of a connection, each a stream. Nothing is read unless the next message or chunk is asked for;
 * asking for the next message discards what is left of the one before.
 */
export class MessageStreams implements StreamReceiver, AsyncIterableIterator<MessageStream, undefined> {
  private readonly connection: Connection;
  private readonly maxMessageSize: number;
  private readonly left: () => void;
  private messages: MessageIterator<MessageStream>;
  /** The message that is being received. */
  private current: MessageStream | null = null;
  /** The message that was taken last. */
  private taken: MessageStream | null = null;
  private inflater: StreamingInflater | null = null;
  /** zlib works on a piece. */
  private inflating = false;
  /** The message is complete but for that piece. */
  private endDue = false;

  /** @param left called when the loop is left: later messages are nobody's here */
  constructor(connection: Connection, maxMessageSize: number, left: () => void) {
    this.connection = connection;
    this.maxMessageSize = maxMessageSize;
    this.left = left;
    this.messages = this.open();
  }

  /** @internal Begins again after the loop was left. */
  reopen(): void {
    if (this.messages.over) this.messages = this.open();
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
    const { skipUTF8Validation } = this.connection.settings.plain;
    const message = new MessageStream(isBinary, !skipUTF8Validation, (held) => this.holdChunks(held));
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
    this.inflating = true;
    inflater.write(piece, (error) => {
      this.inflating = false;
      if (error === null && this.endDue) this.endInflation(inflater);
      else this.inflated(error);
    });
  }

  messageEnd(): void {
    const { current: message, inflater } = this;
    if (message === null) return;
    // The end of a frame comes with its last piece, which zlib still has.
    if (inflater === null) this.endMessage(message);
    else if (this.inflating) this.endDue = true;
    else this.endInflation(inflater);
  }

  closed(error: ConnectionClosedError): void {
    this.inflater?.destroy();
    this.current?.chunks.end(error);
    this.messages.end(iterationError(error));
  }

  private open(): MessageIterator<MessageStream> {
    const { connection } = this;
    connection.engine.streamMessages(this.maxMessageSize);
    const messages: MessageIterator<MessageStream> = new MessageIterator({
      // A message that has begun has to be read to its end: only the next one is held back.
      holdReading: (held) => this.hold(Hold.MESSAGE, held && this.current === null),
      detach: () => {
        this.left();
        // A loop that follows at once misses nothing.
        setImmediate(() => {
          if (this.messages === messages) this.hold(Hold.MESSAGE, false);
        });
      },
    });
    messages.rest();
    return messages;
  }

  private openInflater(message: MessageStream): StreamingInflater {
    return new StreamingInflater({
      window: this.connection.openInflater().window,
      maxMessageSize: this.maxMessageSize,
      onData: (chunk) => this.pushTo(message, chunk),
    });
  }

  private endInflation(inflater: StreamingInflater): void {
    this.endDue = false;
    this.connection.hold(Hold.INFLATION);
    inflater.end((error) => {
      if (error === null) this.endMessage(this.current as MessageStream);
      this.inflated(error);
    });
  }

  private inflated(error: ProtocolError | LimitError | null): void {
    if (error !== null) this.connection.engine.fail(error);
    this.connection.inflated();
  }

  private pushTo(message: MessageStream, bytes: Buffer): void {
    try {
      message.push(bytes);
    } catch {
      this.connection.engine.fail(new ProtocolError('WS_ERR_INVALID_UTF8'));
    }
  }

  private endMessage(message: MessageStream): void {
    this.inflater = null;
    try {
      message.end();
    } catch {
      this.connection.engine.fail(new ProtocolError('WS_ERR_INVALID_UTF8'));
      return;
    }
    this.current = null;
    if (this.messages.idle) this.hold(Hold.MESSAGE, true);
  }

  /** While zlib works the connection is held anyway; then zlib is what has to pause. */
  private holdChunks(held: boolean): void {
    const { inflater } = this;
    this.hold(Hold.CHUNK, held);
    if (held) inflater?.pause();
    else inflater?.resume();
  }

  private hold(reason: number, held: boolean): void {
    if (held) this.connection.hold(reason);
    else this.connection.release(reason);
  }
}
