import type { Socket } from 'node:net';
import type { WebSocket } from '../client/websocket.js';
import type { Traffic } from '../node/connection-settings.js';

/** What `server.metrics()` returns. Counts are since the server was made. */
export interface ServerMetrics {
  /** Open connections now. */
  connections: number;
  handshakes: {
    /** Handshakes that wait for an asynchronous check now. */
    pending: number;
    accepted: number;
    /** Refused handshakes by HTTP status. */
    refused: ReadonlyMap<number, number>;
  };
  messages: { received: number; sent: number };
  /** Bytes on the sockets, headers and closed connections included. */
  bytes: { received: number; sent: number };
  /** Bytes that wait for slow readers now. */
  bufferedAmount: number;
  /** Closed connections by the peer's close code; 1006 where none came. */
  closes: ReadonlyMap<number, number>;
}

/** Counts what happens at one server. */
export class MetricsCollector {
  readonly traffic: Traffic = { messagesReceived: 0, messagesSent: 0 };
  private accepted = 0;
  private readonly refused = new Map<number, number>();
  private readonly closes = new Map<number, number>();
  /** Bytes of connections that have closed. */
  private received = 0;
  private sent = 0;

  countAccepted(): void {
    this.accepted++;
  }

  countRefused(status: number): void {
    increment(this.refused, status);
  }

  countClosed(socket: WebSocket, code: number): void {
    increment(this.closes, code);
    const { bytesRead, bytesWritten } = bytesOf(socket);
    this.received += bytesRead;
    this.sent += bytesWritten;
  }

  snapshot(sockets: ReadonlySet<WebSocket>, pending: number): ServerMetrics {
    const bytes = { received: this.received, sent: this.sent };
    let bufferedAmount = 0;
    for (const socket of sockets) {
      const { bytesRead, bytesWritten } = bytesOf(socket);
      bytes.received += bytesRead;
      bytes.sent += bytesWritten;
      bufferedAmount += socket.bufferedAmount;
    }
    return {
      connections: sockets.size,
      handshakes: { pending, accepted: this.accepted, refused: new Map(this.refused) },
      messages: { received: this.traffic.messagesReceived, sent: this.traffic.messagesSent },
      bytes,
      bufferedAmount,
      closes: new Map(this.closes),
    };
  }
}

function increment(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** A Duplex that is no TCP socket counts nothing. */
function bytesOf(socket: WebSocket): { bytesRead: number; bytesWritten: number } {
  const { bytesRead = 0, bytesWritten = 0 } = (socket._socket ?? {}) as Partial<Socket>;
  return { bytesRead, bytesWritten };
}
