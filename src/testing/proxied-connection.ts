import type { Socket } from 'node:net';
import { FaultyPipe, type LineQuality } from './faulty-pipe.js';

/** What a proxied connection is made of. */
export interface ProxiedConnectionParts {
  /** To the client. */
  readonly client: Socket;
  /** To the server. */
  readonly server: Socket;
  readonly up: LineQuality;
  readonly down: LineQuality;
  /** Random numbers from 0 up to 1. */
  readonly random: () => number;
  /** So many bytes were forwarded. */
  readonly forwarded: (direction: 'up' | 'down', bytes: number) => void;
  /** It has ended. Called once. */
  readonly ended: () => void;
}

/** Milliseconds that the peers have to close after `cut`. */
const CLOSING_TIME = 1000;

/** One connection through a `FaultProxy`: two sockets and a pipe each way. */
export class ProxiedConnection {
  readonly #parts: ProxiedConnectionParts;
  readonly #sockets: readonly Socket[];
  readonly #pipes: readonly FaultyPipe[];
  /** Sockets whose peers send nothing any more. */
  readonly #silent = new Set<Socket>();
  #isHalfOpen = false;
  #isOver = false;

  constructor(parts: ProxiedConnectionParts) {
    const { client, server, up, down, random, forwarded } = parts;
    this.#parts = parts;
    this.#sockets = [client, server];
    this.#pipes = [
      new FaultyPipe({
        source: client,
        destination: server,
        quality: up,
        random,
        forwarded: (bytes) => forwarded('up', bytes),
      }),
      new FaultyPipe({
        source: server,
        destination: client,
        quality: down,
        random,
        forwarded: (bytes) => forwarded('down', bytes),
      }),
    ];
    for (const socket of this.#sockets) this.#watch(socket);
  }

  /** Bytes that it holds. */
  get buffered(): number {
    return this.#pipes.reduce((sum, pipe) => sum + pipe.buffered, 0);
  }

  /** The quality of the line has changed. */
  changed(): void {
    for (const pipe of this.#pipes) pipe.changed();
  }

  /** Ends both sides in order, behind what was forwarded. */
  cut(): void {
    if (!this.#over()) return;
    for (const socket of this.#sockets) {
      socket.end();
      setTimeout(() => socket.destroy(), CLOSING_TIME).unref();
    }
  }

  /** Ends both sides with RST. */
  reset(): void {
    if (!this.#over()) return;
    for (const socket of this.#sockets) reset(socket);
  }

  /** Lets nothing through any more; both sides stay open. */
  halfOpen(): void {
    this.#isHalfOpen = true;
    for (const pipe of this.#pipes) pipe.stop();
    this.#endIfSilent();
  }

  #watch(socket: Socket): void {
    socket.setNoDelay(true);
    // What went wrong is told by the close that follows.
    socket.on('error', () => undefined);
    socket.on('end', () => this.#silence(socket));
    socket.on('close', (hadError) => {
      this.#silence(socket);
      if (hadError && !this.#isHalfOpen) this.reset();
      else if (this.#sockets.every(({ destroyed }) => destroyed)) this.#over();
    });
  }

  #silence(socket: Socket): void {
    this.#silent.add(socket);
    this.#endIfSilent();
  }

  /** A dead line is given back when both ends have given it up. */
  #endIfSilent(): void {
    if (!this.#isHalfOpen || this.#silent.size < this.#sockets.length || !this.#over()) return;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Returns whether it was not over already. */
  #over(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    for (const pipe of this.#pipes) pipe.stop();
    this.#parts.ended();
    return true;
  }
}

/** libuv does not reset what is shutting down, and Node.js would never close that socket then. */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
