import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { MIN_READ } from '../protocol/message-memory.js';

/** Who hears of a socket's events. */
export interface SocketListener {
  receive(chunk: Buffer): void;
  receiveEnd(): void;
  socketEnded(): void;
}

const kListener = Symbol('listener');

interface BoundSocket extends Duplex {
  [kListener]: SocketListener;
}

/** Milliseconds of silence after which the kernel probes the peer. */
const KEEP_ALIVE_DELAY = 60_000;

/** Starts to read a socket; `probes` has the kernel look for a vanished peer. The functions are the same for all sockets: no closure per connection. */
export function bindSocket(socket: Duplex, listener: SocketListener, probes: boolean): void {
  if (socket instanceof Socket) tune(socket, probes);
  const bound = socket as BoundSocket;
  bound[kListener] = listener;
  bound.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onError);
}

/** Whether this is a TCP socket itself, without TLS on top. */
export function isTcp(socket: Duplex): boolean {
  return socket instanceof Socket && !(socket instanceof TLSSocket);
}

/**
 * Whether nobody else has the memory of what was read, and it is worth keeping. TCP makes memory for each read; any other
 * Duplex, and other listeners, may keep what they have seen.
 */
export function isOurs(chunk: Buffer, socket: Duplex): boolean {
  return chunk.length >= MIN_READ && isTcp(socket) && socket.listenerCount('data') === 1;
}

/** Frames are not held back for TCP to gather them; the kernel finds a peer that vanished if no heartbeat does. */
function tune(socket: Socket, probes: boolean): void {
  socket.setTimeout(0);
  socket.setNoDelay(true);
  if (probes) socket.setKeepAlive(true, KEEP_ALIVE_DELAY);
}

function onData(this: BoundSocket, chunk: Buffer): void {
  this[kListener].receive(chunk);
}

function onEnd(this: BoundSocket): void {
  this[kListener].receiveEnd();
}

function onClose(this: BoundSocket): void {
  this[kListener].socketEnded();
}

/** `close` follows and tells all: 1006. */
function onError(this: BoundSocket): void {
  this.destroy();
}
