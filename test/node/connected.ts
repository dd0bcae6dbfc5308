/** Connections over real sockets, and what they tell, for tests of the live-connection layer. */

import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { Connection } from '../../src/node/connection.js';
import type { ConnectionOwner } from '../../src/node/connection-owner.js';
import {
  type ConnectionSettingsInput,
  connectionSettings,
  type DeflateAgreement,
} from '../../src/node/connection-settings.js';
import type { Heartbeat } from '../../src/node/heartbeat.js';
import { parseFrames, type RawFrame } from './raw-frames.js';

/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Two ends of a TCP connection; they end with the test. */
export async function connectSockets(): Promise<{ near: Socket; far: Socket }> {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const far = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const [near] = (await once(server, 'connection')) as [Socket];
  if (far.connecting) await once(far, 'connect');
  far.on('error', () => undefined);
  server.close();
  onTestFinished(() => {
    near.destroy();
    far.destroy();
  });
  return { near, far };
}

/** An owner that writes down what it is told; its methods may be given other behaviour. */
export class Recorder implements ConnectionOwner {
  /** One line for each thing told. */
  readonly events: string[] = [];
  /** Called after each. */
  heard: (event: string) => void = () => undefined;

  connectionMessage(payload: Buffer, isBinary: boolean): void {
    this.note(`${isBinary ? 'binary' : 'text'} ${payload.length < 100 ? payload : payload.length}`);
  }
  connectionFragments(fragments: Buffer[]): void {
    this.note(`fragments ${fragments.join('|')}`);
  }
  connectionPing(payload: Buffer): void {
    this.note(`ping ${payload}`);
  }
  connectionPong(payload: Buffer): void {
    this.note(`pong ${payload}`);
  }
  connectionError(error: Error): void {
    this.note(`error ${(error as { code?: string }).code}`);
  }
  connectionDrain(): void {
    this.note('drain');
  }
  connectionClose(code: number, reason: Buffer): void {
    this.note(`close ${code} ${reason}`.trim());
  }

  /** Resolves once a line has come that starts so. */
  async until(start: string): Promise<void> {
    if (this.events.some((event) => event.startsWith(start))) return;
    const { heard } = this;
    await new Promise<void>((resolve) => {
      this.heard = (event) => {
        heard(event);
        if (event.startsWith(start)) resolve();
      };
    });
  }

  private note(event: string): void {
    this.events.push(event);
    this.heard(event);
  }
}

/** How a connection under test differs from the default. */
export interface ConnectedOptions extends ConnectionSettingsInput {
  readonly role?: 'client' | 'server';
  readonly agreement?: DeflateAgreement;
  readonly heartbeat?: Heartbeat;
  readonly head?: Buffer;
}

/** A connection on `socket` that has started, and its owner. */
export function startOn(socket: Duplex, options: ConnectedOptions = {}) {
  const { role = 'server', agreement = null, heartbeat = null, head = Buffer.alloc(0), ...input } = options;
  const owner = new Recorder();
  const connection = new Connection(owner, socket, connectionSettings(role, input), agreement, heartbeat);
  connection.start(head);
  return { owner, connection };
}

/** A connection over TCP; the far end is a bare socket that collects frames. */
export async function connected(options: ConnectedOptions = {}) {
  const { near, far } = await connectSockets();
  const peer = new Peer(far);
  return { ...startOn(near, options), near, far, peer };
}

/** The bare far end. */
export class Peer {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #notify: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#chunks.push(bytes);
      this.#notify();
    });
    socket.on('end', () => this.#notify()).on('close', () => this.#notify());
  }

  /** The frames that have come. */
  get frames(): RawFrame[] {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return parseFrames(this.#chunks[0]);
  }

  /** Resolves with the frames once there are `count`. */
  async received(count: number): Promise<RawFrame[]> {
    while (this.frames.length < count) {
      if (this.socket.closed) throw new Error(`closed after ${this.frames.length} frames`);
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
    return this.frames;
  }
}

/** A Duplex in memory that notes each write; it takes bytes at once unless `stall` is set. */
export class RecordingDuplex extends Duplex {
  /** Each write with all its pieces. */
  readonly writes: Buffer[][] = [];
  /** Leaves writes unfinished until `proceed`. */
  stall = false;
  #proceed: ((error?: Error | null) => void) | null = null;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#take([chunk], callback);
  }

  override _writev(
    chunks: { chunk: Buffer; encoding: string }[],
    callback: (error?: Error | null) => void,
  ): void {
    this.#take(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  /** Finishes the write that stalls. */
  proceed(error: Error | null = null): void {
    const callback = this.#proceed;
    this.#proceed = null;
    callback?.(error);
  }

  /** All that was written. */
  get bytes(): Buffer {
    return Buffer.concat(this.writes.flat());
  }

  #take(chunks: Buffer[], callback: (error?: Error | null) => void): void {
    const filled = chunks.filter(({ length }) => length > 0);
    if (filled.length > 0) this.writes.push(filled);
    if (this.stall) this.#proceed = callback;
    else callback();
  }
}

/** What is thrown and not caught while `action` runs and until `count` such errors have come. */
export async function uncaught(action: () => void | Promise<void>, count = 1): Promise<unknown[]> {
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const errors: unknown[] = [];
  try {
    const all = new Promise<void>((resolve) => {
      process.on('uncaughtException', (error) => {
        if (errors.push(error) === count) resolve();
      });
    });
    await action();
    await all;
    await turn();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
  return errors;
}
