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

/** What is known of one connection. Times are the clock's. */
interface Pulse {
  /** When we last learned that the peer lives. */
  seen: number;
  /** The ping that waits for its pong; 0 for none. */
  ping: number;
  /** When that ping left our buffers; -1 while it has not. */
  left: number;
  /** Whether bytes waited at the last look since the kernel was full, and how many it had taken. */
  full: boolean;
  accepted: number;
  /** When the last ping was sent, and the round trip that the last pong told, -1 before the first. */
  sent: number;
  latency: number;
}

/**
 * Finds peers that are gone (RFC 6455 §5.5.2: a ping "may serve … to verify that the remote endpoint is still
 * responsive"). One timer for all connections. Our own pausing is never held against a peer.
 */
export class Heartbeat {
  private readonly settings: { readonly interval: number; readonly timeout: number };
  private readonly clock: Clock;
  private readonly period: number;
  private readonly pulses = new Map<Connection, Pulse>();
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
    const seen = this.clock.now();
    this.pulses.set(connection, { seen, ping: 0, left: -1, full: false, accepted: 0, sent: 0, latency: -1 });
    this.timer ??= this.clock.setTimeout(this.look, this.period);
  }

  /** Forgets a connection. */
  delete(connection: Connection): void {
    this.pulses.delete(connection);
    if (this.pulses.size > 0 || this.timer === null) return;
    this.clock.clearTimeout(this.timer);
    this.timer = null;
  }

  /** Round trip of the connection's last heartbeat in milliseconds; `undefined` before the first. */
  latency(connection: Connection): number | undefined {
    const latency = this.pulses.get(connection)?.latency ?? -1;
    return latency < 0 ? undefined : latency;
  }

  /** Whether a pong answers a ping of ours; then nobody else hears of it. */
  takePong(connection: Connection, payload: Buffer): boolean {
    const ours = payload.length === PAYLOAD_LENGTH && this.mark.equals(payload.subarray(0, this.mark.length));
    const pulse = this.pulses.get(connection);
    if (!ours || pulse === undefined) return ours;
    if (payload.readUInt32BE(this.mark.length) === pulse.ping) {
      pulse.latency = this.clock.now() - Math.max(pulse.left, pulse.sent);
      this.revive(pulse);
    }
    return true;
  }

  private readonly look = (): void => {
    this.timer = this.clock.setTimeout(this.look, this.period);
    const now = this.clock.now();
    for (const [connection, pulse] of this.pulses) this.examine(connection, pulse, now);
  };

  private examine(connection: Connection, pulse: Pulse, now: number): void {
    if (connection.closing) return;
    // Both clocks stop while we do not read: the pong may lie in a buffer that we do not look at.
    if (connection.alive || connection.readingHeld) {
      connection.alive = false;
      this.revive(pulse);
      pulse.seen = now;
    } else if (pulse.ping !== 0) {
      this.awaitPong(connection, pulse, now);
    } else if (now - pulse.seen >= this.settings.interval - this.period) {
      this.ping(connection, pulse, now);
    }
  }

  private ping(connection: Connection, pulse: Pulse, now: number): void {
    this.counter = (this.counter + 1) >>> 0 || 1;
    const ping = this.counter;
    const payload = Buffer.allocUnsafe(PAYLOAD_LENGTH);
    this.mark.copy(payload);
    payload.writeUInt32BE(ping, this.mark.length);
    pulse.ping = ping;
    pulse.left = -1;
    pulse.sent = now;
    pulse.seen = now;
    this.noteOutput(connection, pulse);
    connection.outgoing.beginTurn();
    connection.engine.ping(payload);
    connection.outgoing.whenWritten((error) => {
      if (!error && pulse.ping === ping) pulse.left = this.clock.now();
    });
  }

  private awaitPong(connection: Connection, pulse: Pulse, now: number): void {
    // The ping waits behind data, or more has come behind it: a full kernel takes bytes if the peer reads.
    const { full, accepted } = pulse;
    this.noteOutput(connection, pulse);
    if (full && pulse.accepted !== accepted) pulse.seen = now;
    if (now - Math.max(pulse.left, pulse.seen) >= this.settings.timeout) fail(connection, pulse);
  }

  private noteOutput(connection: Connection, pulse: Pulse): void {
    pulse.full = connection.socket.writableLength > 0;
    pulse.accepted = connection.acceptedBytes;
  }

  private revive(pulse: Pulse): void {
    pulse.ping = 0;
    pulse.left = -1;
  }
}

/** Where this process was busy the pong may not have been read yet: once round the event loop, and it is. */
function fail(connection: Connection, pulse: Pulse): void {
  const { ping } = pulse;
  setImmediate(() => {
    if (pulse.ping !== ping || connection.alive || connection.closing) return;
    connection.destroyWith(new LimitError('WS_ERR_HEARTBEAT_TIMEOUT'));
  });
}
