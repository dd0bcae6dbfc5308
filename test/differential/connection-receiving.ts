/** What programs about received frames share: a raw peer writes them, and the events and the wire are told. */
import { constants, deflateRawSync } from 'node:zlib';
import type { RawFrame } from '../protocol/raw-frame.js';
import { type AgainstRaw, acceptedFromRaw, clientOfRaw, closed, observe } from './connection-endpoints.js';
import type { Program } from './differential.js';
import type { Implementation } from './implementations.js';
import type { Trace } from './trace.js';

export const deflate = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

/** The payload of a compressed message. */
export function deflated(data: string | Buffer): Buffer {
  return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** Tells the events of a socket for the frames of a raw peer, and what the peer gets. */
export async function receives(
  connecting: Promise<AgainstRaw>,
  trace: Trace,
  frames: readonly RawFrame[] | Buffer,
): Promise<void> {
  const { socket, peer, stop } = await connecting;
  observe(socket, trace, ['message', 'ping', 'pong', 'close']);
  socket.on('error', (error) => trace('error', codeOf(error), error.message, socket.readyState));
  const close = closed(socket);
  void peer.ended.then(() => peer.socket.end());
  if (Buffer.isBuffer(frames)) peer.socket.write(frames);
  else peer.write(...frames);
  await close;
  await peer.ended;
  trace('wire', peer.told);
  await stop();
}

export const codeOf = (error: Error): unknown => (error as NodeJS.ErrnoException).code;

export const bothRoles = (
  name: string,
  frames: readonly RawFrame[],
  options: object = { maxPayload: 100 },
  differs: { server?: Program['differs']; client?: Program['differs'] } = {},
): Program[] => [
  {
    name: `a server gets ${name}`,
    run: (implementation, trace) => receives(acceptedFromRaw(implementation, options), trace, frames),
    ...(differs.server && { differs: differs.server }),
  },
  {
    name: `a client gets ${name}`,
    run: (implementation, trace) => receives(clientOfRaw(implementation, options), trace, frames),
    ...(differs.client && { differs: differs.client }),
  },
];

/** A server's or client's socket with permessage-deflate. */
export const compressing = (implementation: Implementation, options: object = {}) =>
  acceptedFromRaw(implementation, { perMessageDeflate: true, ...options }, { extensions: deflate });
