import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { ConnectionClosedError } from '../protocol/errors.js';
import { isTcp } from './socket-events.js';

const EMPTY = Buffer.alloc(0);
/** A write of this many bytes that takes its time is likely to be waited for. */
const LONG_WRITE = 16_384;

/**
 * Called when what was sent has left our buffers, or with the error that kept it from leaving. The type of a method,
 * so that callbacks may say `(error: Error)` or `(error?: Error | null)`, as they do in programs typed for `ws`.
 */
export type SendCallback = { called(error?: Error): void }['called'];

/** The same as Node calls it, and so do `ws` and we, though the types of `ws` know no `null`. */
type WriteCallback = (error?: Error | null) => void;

/**
 * Writes to a Duplex and tells when the written bytes have left this process. The kernel usually takes all
 * at once; callbacks cost nothing then. Knows nothing of frames. A base class, since an object of its own would cost
 * each connection 72 bytes.
 */
export abstract class SocketWriter {
  readonly socket: Duplex;
  /** TCP takes what it can at once; TLS and any other Duplex take their time, and may keep what they took. */
  declare private isTcp: boolean;
  declare private blocked: boolean;
  /** What was written to anything but TCP, which counts itself. */
  declare private written: number;
  declare private payloadCallback: WriteCallback | undefined;

  static {
    // On the prototype until they are set: an open connection does not pay 8 bytes for each.
    const defaults = { isTcp: true, blocked: false, written: 0, payloadCallback: undefined };
    Object.assign(SocketWriter.prototype, defaults);
  }

  constructor(socket: Duplex) {
    this.socket = socket;
    if (!isTcp(socket)) this.isTcp = false;
  }

  /** `true` when bytes begin to pile up in this process, `false` when none are left. */
  protected abstract blockedChanged(blocked: boolean): void;

  /** Whether somebody waits for the end of what is written now. */
  protected abstract get isAwaited(): boolean;

  /** Bytes that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.blocked || !this.isTcp ? this.socket.writableLength : 0;
  }

  /** Bytes that the kernel has taken; changes only when it takes some. */
  get acceptedBytes(): number {
    const { socket } = this;
    const written = this.isTcp ? (socket as Socket).bytesWritten : this.written;
    return written - notAccepted(socket);
  }

  /** Writes; `true` if `bytes` may be overwritten: it has left already, or was copied. */
  write(bytes: Buffer, payload?: Buffer): boolean {
    const { socket } = this;
    if (!socket.writable) return this.drop();
    if (!this.isTcp) return this.writeCopied(bytes, payload);
    this.writeBoth(bytes, payload);
    if (socket.writableLength === 0) return true;
    this.watch();
    return false;
  }

  /** Has `blockedChanged` tell, when nothing waits any more, even if so little waits that it would not be told. */
  watch(): void {
    // A write of nothing behind what waits.
    if (this.block()) this.socket.write(EMPTY, (error) => this.unblock(error));
  }

  /** Calls back when the next payload that is given to `write` has left, without what comes behind it. */
  withPayload(callback: SendCallback): void {
    if (this.socket.writable) this.payloadCallback = callback as WriteCallback;
    else this.whenWritten(callback);
  }

  /** Calls back, never at once, when all that was written so far has left. */
  whenWritten(callback: SendCallback): void {
    this.watch();
    if (this.blocked && this.socket.writable) this.socket.write(EMPTY, callback as WriteCallback);
    else nextTick(callback, this.lost());
  }

  /**
   * Every write takes its time here: bytes pile up behind another one only. A callback for each cost 6 % of S10-64B. What
   * piles up, is waited for or long tells its end itself: Deno's TLS takes no write of nothing.
   */
  private writeCopied(bytes: Buffer, payload: Buffer | undefined): true {
    const length = bytes.length + (payload?.length ?? 0);
    const isAwaited = this.socket.writableLength > 0 || length >= LONG_WRITE || this.isAwaited;
    const tells = isAwaited && !this.blocked;
    this.written += length;
    this.writeBoth(Buffer.from(bytes), payload, tells ? (error) => this.unblock(error) : undefined);
    if (tells) this.block();
    return true;
  }

  /** `true` if bytes wait, and that was not told before. */
  private block(): boolean {
    const { socket } = this;
    if (this.blocked || socket.writableLength === 0 || !socket.writable) return false;
    this.blocked = true;
    this.blockedChanged(true);
    return true;
  }

  private writeBoth(bytes: Buffer, payload: Buffer | undefined, told?: WriteCallback): void {
    const { socket } = this;
    if (payload === undefined) {
      socket.write(bytes, told);
      return;
    }
    const payloadCallback = this.takeCallback();
    socket.cork();
    if (bytes.length > 0) socket.write(bytes);
    if (payloadCallback === undefined) socket.write(payload, told);
    else {
      socket.write(payload, (error) => {
        // Node reports success for a write that a `destroy` has cut off.
        try {
          payloadCallback(error ?? this.lost());
        } finally {
          // Whatever the callback throws: who waits for room is told.
          told?.(error);
        }
      });
    }
    socket.uncork();
  }

  /** The socket takes nothing any more: whoever waits for these bytes is told. */
  private drop(): true {
    const payloadCallback = this.takeCallback();
    if (payloadCallback !== undefined) this.whenWritten(payloadCallback as SendCallback);
    return true;
  }

  private takeCallback(): WriteCallback | undefined {
    const { payloadCallback } = this;
    if (payloadCallback !== undefined) this.payloadCallback = undefined;
    return payloadCallback;
  }

  private lost(): Error | null {
    const { destroyed, errored } = this.socket;
    return destroyed ? (errored ?? new ConnectionClosedError({ receivedCode: 1006 })) : null;
  }

  private unblock(error: Error | null | undefined): void {
    // Behind the end of the socket nothing more may be written, not even nothing.
    if (error || !this.blocked || !this.socket.writable) return;
    if (this.socket.writableLength > 0) {
      this.socket.write(EMPTY, (next) => this.unblock(next));
      return;
    }
    this.blocked = false;
    this.blockedChanged(false);
  }
}

/**
 * Bytes that the kernel has not accepted. `writableLength` counts a write until all of it is accepted, so a
 * large one shows no progress; the handle's queue does. It is not documented, hence the fallback.
 */
function notAccepted(socket: Duplex & { _handle?: { writeQueueSize?: number } | null }): number {
  return socket.writableLength + (socket._handle?.writeQueueSize ?? 0);
}
