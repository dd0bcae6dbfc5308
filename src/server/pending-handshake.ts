import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../node/clock.js';
import type { HandshakeError } from '../protocol/errors.js';

/**
 * One opening handshake between `upgrade` and its answer. It is answered at most once, and ends when the client
 * goes away or the time is up, whatever asynchronous check is still running.
 */
export class PendingHandshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Those that wait for an asynchronous check. */
  private readonly waiting: Set<PendingHandshake>;
  private controller: AbortController | null = null;
  private stopTimer: (() => void) | null = null;
  private open = true;
  /** Made where an asynchronous check is waited for, which few handshakes have. */
  private onSocketClose: (() => void) | null = null;
  private watching = false;
  /** Whether an asynchronous check has kept it waiting; without one only the application itself can interfere. */
  waited = false;

  /** @param waiting where it stands from `watchEnd` to its end */
  constructor(
    { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
    waiting: Set<PendingHandshake>,
  ) {
    this.request = request;
    this.socket = socket;
    this.head = head;
    this.waiting = waiting;
  }

  /** Whether it still waits for its answer. */
  get pending(): boolean {
    return this.open;
  }

  /** Aborted when the client has gone, the time is up or the server shuts down. */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (!this.open) this.controller.abort(new Error('The handshake is over'));
    }
    return this.controller.signal;
  }

  /** Calls `expired` if the handshake is still open after `timeout` milliseconds; 0 for no limit. */
  limitTime(clock: Clock, timeout: number, expired: () => void): void {
    if (!this.open || timeout <= 0) return;
    const timer = clock.setTimeout(expired, timeout);
    this.stopTimer = () => clock.clearTimeout(timer);
  }

  /** Notices that the client has gone while a check runs; bytes that it sent early stay where they are. */
  watchEnd(): void {
    if (!this.open) return;
    this.watching = true;
    this.waited = true;
    this.waiting.add(this);
    this.onSocketClose = () => {
      if (this.end()) this.controller?.abort(new Error('The client has gone'));
    };
    this.socket.on('error', destroy).on('close', this.onSocketClose);
    this.socket.on('readable', readEnd).on('end', destroy);
  }

  /** Ends `watchEnd`. A stream takes this in at the next tick, and then reads on if somebody listens for data. */
  unwatchEnd(): void {
    if (!this.watching) return;
    this.watching = false;
    this.socket.removeListener('readable', readEnd).removeListener('end', destroy);
  }

  /**
   * Answers with an HTTP error and closes: nothing that follows on this connection is read as a request. `false`
   * if it was answered before.
   */
  refuse(error: HandshakeError, answer: string): boolean {
    if (!this.end()) return false;
    this.controller?.abort(error);
    const { socket } = this;
    if (!this.waited) socket.on('error', destroy);
    socket.once('finish', socket.destroy);
    // Unread bytes would turn the end of the connection into a reset, which may overtake the answer.
    socket.resume();
    socket.end(answer);
    return true;
  }

  /** Ends it in favour of a WebSocket; `false` if it is too late. */
  accept(): boolean {
    const { socket } = this;
    if (!this.end()) return false;
    if (socket.readable && socket.writable) {
      if (this.waited) socket.removeListener('error', destroy);
      return true;
    }
    // What the application destroyed it with is still to be told.
    if (!this.waited) socket.on('error', destroy);
    socket.destroy();
    return false;
  }

  /** Ends it without an answer: somebody else gives it. */
  giveAway(): void {
    this.socket.on('error', destroy);
    this.end();
  }

  private end(): boolean {
    if (!this.open) return false;
    this.open = false;
    this.stopTimer?.();
    this.unwatchEnd();
    if (this.onSocketClose === null) return true;
    this.socket.removeListener('close', this.onSocketClose);
    this.waiting.delete(this);
    return true;
  }
}

/** Readable without bytes is the end, which only a read tells. */
function readEnd(this: Duplex): void {
  if (this.readableLength === 0) this.read();
}

function destroy(this: Duplex): void {
  this.destroy();
}
