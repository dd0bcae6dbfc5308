/** Tells of a connection's frames, heartbeats and end. Knows nothing of pages. */
import type { TappedFrame, WebSocket } from 'hawser';
import { captureLength, type InspectedFrame, type InspectionMessage } from './format.js';

/** Watches a connection from now on; returns what ends that. */
export function watch(socket: WebSocket, tell: (message: InspectionMessage) => void): () => void {
  const opened = performance.now();
  const at = (): number => performance.now() - opened;
  let count = 0;
  let failure: string | null = null;
  let latency: number | undefined;
  const tellLatency = (): void => {
    if (socket.latency === undefined || socket.latency === latency) return;
    latency = socket.latency;
    tell({ type: 'latency', at: at(), milliseconds: latency });
  };
  const seen = (frame: TappedFrame): void => {
    tell(inspected(frame, ++count, at()));
    // A heartbeat's round trip is known once its pong, which may be this frame, has been taken.
    setImmediate(tellLatency);
  };
  const failed = ({ message }: Error): void => {
    failure = message;
  };
  const closed = (code: number, reason: Buffer): void => {
    tell({ type: 'closed', at: at(), code, reason: reason.toString(), error: failure });
  };
  const untap = socket.tapFrames(seen, { captureLength });
  socket.on('error', failed).on('close', closed);
  return () => {
    untap();
    socket.off('error', failed).off('close', closed);
  };
}

function inspected(frame: TappedFrame, number: number, at: number): InspectedFrame {
  const { direction, fin, rsv1, rsv2, rsv3, opcode, payloadLength, header, maskingKey, payload, error } =
    frame;
  return {
    type: 'frame',
    number,
    at,
    direction,
    fin,
    rsv: [rsv1, rsv2, rsv3],
    opcode,
    payloadLength,
    header: header.toString('base64'),
    maskingKey: maskingKey?.toString('base64') ?? null,
    payload: payload.toString('base64'),
    error: error === null ? null : { code: error.code, message: error.message },
  };
}
