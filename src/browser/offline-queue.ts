import { NotSentError } from '../transport/errors.js';
import type { Outgoing, WhenOffline } from '../transport/link.js';

/** Bounds of what waits for a connection. */
export interface QueueOptions {
  /** Messages. Default 250: fewer than an `rpcServer` carries out at once. */
  readonly maxMessages?: number | undefined;
  /** UTF-8 bytes of them. Default 1,048,576. */
  readonly maxBytes?: number | undefined;
}

/** Messages that wait for a connection, in order. */
export class OfflineQueue {
  /** With the bytes that each counts for. */
  readonly #messages = new Map<Outgoing, number>();
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor({ maxMessages = 250, maxBytes = 1_048_576 }: QueueOptions = {}) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  /** How many messages wait. */
  get length(): number {
    return this.#messages.size;
  }

  /** Lets a message wait, or fails it or others as `whenOffline` says. */
  add(message: Outgoing, whenOffline: WhenOffline): void {
    if (whenOffline === 'fail') {
      message.failed(new NotSentError('RPC_ERR_OFFLINE'));
      return;
    }
    if (this.#messages.has(message)) return;
    const size = message.size();
    if (whenOffline === 'drop-oldest' && size <= this.#maxBytes) {
      for (const oldest of this.#messages.keys()) {
        if (this.#hasRoom(size)) break;
        this.remove(oldest);
        oldest.failed(new NotSentError('RPC_ERR_DROPPED'));
      }
    }
    if (!this.#hasRoom(size)) {
      message.failed(new NotSentError('RPC_ERR_QUEUE_FULL'));
      return;
    }
    this.#messages.set(message, size);
    this.#bytes += size;
  }

  /** Takes a message out; nothing if it is not there. */
  remove(message: Outgoing): void {
    const size = this.#messages.get(message);
    if (size !== undefined && this.#messages.delete(message)) this.#bytes -= size;
  }

  /** Takes the first message out. */
  shift(): Outgoing | undefined {
    for (const first of this.#messages.keys()) {
      this.remove(first);
      return first;
    }
    return undefined;
  }

  #hasRoom(size: number): boolean {
    return this.#messages.size < this.#maxMessages && this.#bytes + size <= this.#maxBytes;
  }
}
