import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { LimitError } from '../protocol/errors.js';
import type { Clock } from './clock.js';
import type { Connection } from './connection.js';

/** Settings of a heartbeat. */
export interface HeartbeatSettings {
  /** Milliseconds without a received byte after which a ping is sent. Default 25,000. */
  readonly interval?: number | undefined;
  /** Milliseconds that the peer has to answer, from when the ping has left our buffers. Default 10,000. */
  readonly timeout?: number | undefined;
}

/** One look at all connections every so many milliseconds: a tenth of the shorter time, 1 s at most. */
const LOOKS_PER_PERIOD = 10;
const MAX_PERIOD = 1000;
const PAYLOAD_LENGTH = 8;

/** A ping that waits for its pong. Times are the clock's. */
export interface PendingPing {
  /** Its number. */
  readonly id: number;
  readonly sent: number;
  /** When it left our buffers; -1 while it has not. */
  left: number;
  /** Whether bytes waited at the last look since the kernel was full, and how many it had taken. */
  full: boolean;
  accepted: number;
}

/**
 * Finds peers that are gone (RFC 6455 §5.5.2: a ping "may serve … to verify that the remote endpoint is still
 * responsive"). One timer for all connections. Our own pausing is never held against a peer.
 */
export class Heartbeat {
  private readonly settings: { readonly interval: number; readonly timeout: number };
  private readonly clock: Clock;
  private readonly period: number;
  /** A list whose places the connections know: a `Map` would take 130 bytes for each. */
  private readonly connections: Connection[] = [];
  private timer: unknown = null;
  /** Pings are told from those of the user by these random bytes. */
  private readonly mark = randomBytes(PAYLOAD_LENGTH - 4);
  private counter = 0;

  constructor(settings: HeartbeatSettings, clock: Clock) {
    const { interval = 25_000, timeout = 10_000 } = settings;
    this.settings = { interval, timeout };
    this.clock = clock;
    this.period = Math.min(MAX_PERIOD, Math.min(interval, timeout) / LOOKS_PER_PERIOD);
  }

  /** Watches a connection from now on. */
  add(connection: Connection): void {
    connection.seen = this.now();
    connection.place = this.connections.push(connection) - 1;
    this.timer ??= this.clock.setTimeout(this.look, this.period);
  }

  /** Forgets a connection. */
  delete(connection: Connection): void {
    const { connections } = this;
    const { place } = connection;
    if (place < 0) return;
    connection.place = -1;
    const last = connections.pop() as Connection;
    if (last !== connection) {
      connections[place] = last;
      last.place = place;
    }
    if (connections.length > 0 || this.timer === null) return;
    this.clock.clearTimeout(this.timer);
    this.timer = null;
  }

  /** Whether a pong answers a ping of ours; then nobody else hears of it. */
  takePong(connection: Connection, payload: Buffer): boolean {
    if (payload.length !== PAYLOAD_LENGTH || !this.mark.equals(payload.subarray(0, this.mark.length)))
      return false;
    const { pendingPing } = connection;
    if (pendingPing !== null && payload.readUInt32BE(this.mark.length) === pendingPing.id) {
      const { left, sent } = pendingPing;
      connection.roundTrip = Math.round((this.clock.now() - Math.max(left, sent)) * 1000);
      connection.pendingPing = null;
    }
    return true;
  }

  /** Whole milliseconds: a number with a fraction takes 16 bytes more in each connection. */
  private now(): number {
    return Math.floor(this.clock.now());
  }

  private readonly look = (): void => {
    this.timer = this.clock.setTimeout(this.look, this.period);
    const now = this.now();
    // Backwards: one that goes is replaced by the last, which has had its turn.
    for (let index = this.connections.length - 1; index >= 0; index--) {
      const connection = this.connections[index];
      if (connection !== undefined) this.examine(connection, now);
    }
  };

  private examine(connection: Connection, now: number): void {
    if (connection.closing) return;
    const { pendingPing } = connection;
    // Both clocks stop while we do not read: the pong may lie in a buffer that we do not look at.
    if (connection.alive || connection.readingHeld) {
      connection.alive = false;
      connection.pendingPing = null;
      connection.seen = now;
    } else if (pendingPing !== null) {
      this.awaitPong(connection, pendingPing, now);
    } else if (now - connection.seen >= this.settings.interval - this.period) {
      this.ping(connection, now);
    }
  }

  private ping(connection: Connection, now: number): void {
    this.counter = (this.counter + 1) >>> 0 || 1;
    const payload = Buffer.allocUnsafe(PAYLOAD_LENGTH);
    this.mark.copy(payload);
    payload.writeUInt32BE(this.counter, this.mark.length);
    const ping: PendingPing = {
      id: this.counter,
      sent: this.clock.now(),
      left: -1,
      full: false,
      accepted: 0,
    };
    connection.pendingPing = ping;
    connection.seen = now;
    noteOutput(connection, ping);
    connection.sendPing(payload, (error) => {
      if (!error) ping.left = this.clock.now();
    });
  }

  private awaitPong(connection: Connection, ping: PendingPing, now: number): void {
    // The ping waits behind data, or more has come behind it: a full kernel takes bytes if the peer reads.
    const { full, accepted } = ping;
    noteOutput(connection, ping);
    if (full && ping.accepted !== accepted) connection.seen = now;
    if (now - Math.max(ping.left, connection.seen) >= this.settings.timeout) fail(connection, ping);
  }
}

function noteOutput(connection: Connection, ping: PendingPing): void {
  ping.full = connection.socket.writableLength > 0;
  ping.accepted = connection.acceptedBytes;
}

/** Where this process was busy the pong may not have been read yet: once round the event loop, and it is. */
function fail(connection: Connection, ping: PendingPing): void {
  setImmediate(() => {
    if (connection.pendingPing !== ping || connection.alive || connection.closing) return;
    connection.destroyWith(new LimitError('WS_ERR_HEARTBEAT_TIMEOUT'));
  });
}
