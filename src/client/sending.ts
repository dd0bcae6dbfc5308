/**
 * What `send`, `ping` and `pong` do with each form of data, once there is a connection that takes it. It may not
 * know ready states or events.
 */
import { Buffer } from 'node:buffer';
import type { Connection } from '../node/connection.js';
import { PreparedMessage } from '../node/prepared-message.js';
import { sendFlags } from '../node/send-flags.js';
import type { SendCallback } from '../node/socket-writer.js';
import { StreamSender, type StreamSource } from '../node/stream-sender.js';
import { CloseCode } from '../protocol/close-codes.js';
import { bytesOf, payloadOf, sizeOf } from './payload.js';
import type { SendOptions, SendStreamOptions } from './websocket-types.js';

/** Sends a message or a fragment; `true` while more may be sent (see `highWaterMark`). */
export function sendMessage(
  connection: Connection,
  data: unknown,
  options: SendOptions,
  callback: SendCallback | undefined,
): boolean {
  // What is sent most is asked for first: `instanceof` of another class walks up all of a Buffer's prototypes.
  if (!(data instanceof Buffer)) return sendOther(connection, data, options, callback);
  const { compress = true, fin = true } = options;
  return connection.outgoing.send(data, sendFlags(options.binary ?? true, compress, fin), callback);
}

function sendOther(
  connection: Connection,
  data: unknown,
  options: SendOptions,
  callback: SendCallback | undefined,
): boolean {
  const { outgoing } = connection;
  const { compress = true, fin = true } = options;
  const isText = typeof data === 'string' || typeof data === 'number';
  const flags = sendFlags(options.binary ?? !isText, compress, fin);
  if (data instanceof Blob) return outgoing.sendBlob(data, flags, callback);
  if (!(data instanceof PreparedMessage)) return outgoing.send(payloadOf(data), flags, callback);
  // The frame of a prepared message has no mask.
  if (connection.settings.plain.role === 'server') return outgoing.sendPrepared(data, compress, callback);
  return outgoing.send(data.payload, sendFlags(data.isBinary, compress, true), callback);
}

/** Sends a message as a fragment per chunk; resolves when the last was handed over. */
export function sendStream(
  connection: Connection,
  source: StreamSource,
  options: SendStreamOptions,
): Promise<void> {
  const sender = new StreamSender(connection.outgoing, source, {
    isBinary: options.binary,
    compress: options.compress ?? false,
    failed: () => connection.closeAbruptly(CloseCode.INTERNAL_ERROR),
  });
  connection.outgoing.enqueue(sender);
  return sender.finished;
}

/** What was given to `ping` or `pong`: the callback may stand in any place, a mask is not used. */
export function controlArguments(args: readonly unknown[]) {
  const callback = args.find((arg) => typeof arg === 'function') as SendCallback | undefined;
  return { data: typeof args[0] === 'function' ? undefined : args[0], callback };
}

/** Sends a ping or pong. @throws UsageRangeError over 125 bytes */
export function sendControl(
  { outgoing, engine }: Connection,
  kind: 'ping' | 'pong',
  data: unknown,
  callback: SendCallback | undefined,
): void {
  outgoing.beginTurn();
  engine[kind](bytesOf(data));
  if (callback !== undefined) outgoing.whenWritten(callback);
}

/** Bytes of what was to be sent. */
export function messageSize(data: unknown): number {
  return data instanceof PreparedMessage ? data.payload.length : sizeOf(data);
}
