import { Buffer } from 'node:buffer';
import { ConnectionClosedError, UsageError } from '../protocol/errors.js';
import type { Outgoing } from './outgoing.js';
import { sendFlags } from './send-flags.js';
import type { SendTask } from './send-queue.js';

/** What may be streamed: text as strings, or bytes. */
export type StreamSource = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

type Chunks = AsyncIterator<string | Uint8Array> | Iterator<string | Uint8Array>;

/**
 * Sends one message as a fragment per chunk (RFC 6455 §5.4), as fast as the peer reads. A task of the send
 * queue: messages that are sent meanwhile wait behind it.
 */
export class StreamSender implements SendTask {
  readonly size = 0;
  readonly endless = true;
  /** Resolves when the last fragment was handed over; rejects if the source throws or the connection ends. */
  readonly finished: Promise<void>;

  private readonly outgoing: Outgoing;
  private readonly chunks: Chunks;
  /** Decided by the first chunk where the caller leaves it open. */
  private isBinary: boolean | undefined;
  private readonly compress: boolean;
  private readonly failed: () => void;
  private resolve!: () => void;
  private reject!: (error: unknown) => void;
  /** Rejects what is being waited for: a promise that outlives a long stream would gather its reactions. */
  private interrupt: ((error: Error) => void) | null = null;
  private aborted: Error | null = null;
  /** The first half of a surrogate pair that was cut; its second half begins the next chunk. */
  private half = '';

  /** @param failed called when the source throws, before anything behind the stream is sent */
  constructor(
    outgoing: Outgoing,
    source: StreamSource,
    { isBinary, compress, failed }: { isBinary: boolean | undefined; compress: boolean; failed: () => void },
  ) {
    this.failed = failed;
    this.outgoing = outgoing;
    this.chunks = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.isBinary = isBinary;
    this.compress = compress;
    this.finished = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  start(done: () => void): void {
    this.run()
      .then(this.resolve, (error) => {
        // A message cannot be taken back: there is nothing to send behind half of it.
        if (error instanceof UsageError) this.failed();
        if (this.aborted === null) this.leaveSource();
        this.reject(error);
      })
      .finally(done);
  }

  abort(error: Error): void {
    this.aborted = error;
    this.leaveSource();
    if (this.interrupt === null) this.reject(error);
    else this.interrupt(error);
  }

  /** The source is not waited for: it may be stuck in the very read that will never end. */
  private leaveSource(): void {
    new Promise((resolve) => resolve(this.chunks.return?.())).catch(() => undefined);
  }

  private async run(): Promise<void> {
    for (;;) {
      const { done, value } = await this.until(this.next());
      if (done) break;
      this.isBinary ??= typeof value !== 'string';
      const chunk = this.chunkOf(value);
      if (chunk.length > 0) await this.sendFragment(chunk, false);
    }
    await this.sendFragment(Buffer.from(this.half), true);
  }

  private chunkOf(value: string | Uint8Array): Buffer {
    const { half } = this;
    this.half = '';
    if (typeof value === 'string') {
      const text = half + value;
      const end = endsInHalf(text) ? text.length - 1 : text.length;
      this.half = text.slice(end);
      return Buffer.from(text.slice(0, end));
    }
    if (!(value instanceof Uint8Array)) {
      throw new UsageError('WS_ERR_SOURCE_FAILED', '(chunks must be strings or Uint8Arrays)');
    }
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return half === '' ? bytes : Buffer.concat([Buffer.from(half), bytes]);
  }

  private async next(): Promise<IteratorResult<string | Uint8Array>> {
    try {
      return await this.chunks.next();
    } catch (cause) {
      throw new UsageError('WS_ERR_SOURCE_FAILED', undefined, { cause });
    }
  }

  private async sendFragment(chunk: Buffer, fin: boolean): Promise<void> {
    const { outgoing, isBinary = true, compress } = this;
    if (!outgoing.canSend) throw new ConnectionClosedError({ receivedCode: 1006 });
    await this.until(
      new Promise<void>((resolve) => {
        outgoing.deliver(chunk, sendFlags(isBinary, compress, fin), undefined, resolve);
      }),
    );
    if (!outgoing.congested) return;
    await this.until(new Promise((resolve) => outgoing.whenWritten(resolve)));
  }

  private until<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.aborted !== null) reject(this.aborted);
      this.interrupt = reject;
      promise.then(resolve, reject);
    });
  }
}

function endsInHalf(text: string): boolean {
  return (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;
}
