/**
 * Lets any number of listeners see the frames of a WebSocket, each with as much of the payloads as it asked for. A
 * socket that nobody taps costs nothing: what is kept for the others is kept here.
 */
import type { Connection } from '../node/connection.js';
import { amount, checkOptionValues } from '../node/option-checks.js';
import { rethrow } from '../node/rethrow.js';
import { DEFAULT_CAPTURE_LENGTH, type FrameListener, type TappedFrame } from '../protocol/frame-tap.js';
import { CLOSED, notOpen } from './ready-state.js';
import type { WebSocket } from './websocket.js';

/** Options of `tapFrames`. */
export interface TapOptions {
  /** Bytes of each frame's payload that are kept for the listener. Default 1,024. */
  readonly captureLength?: number | undefined;
}

interface Tap {
  readonly listener: FrameListener;
  readonly captureLength: number;
}

const tapsOf = new WeakMap<Connection, Set<Tap>>();

/**
 * Calls `listener` with each frame from the next one on; returns what ends that.
 * @throws UsageError `WS_ERR_NOT_OPEN` while CONNECTING and once CLOSED
 */
export function tapFrames(socket: WebSocket, listener: FrameListener, options: TapOptions): () => void {
  const { _connection: connection, readyState } = socket;
  if (connection === null || readyState === CLOSED) throw notOpen(readyState);
  checkOptionValues(options, { captureLength: amount });
  const taps = tapsOf.get(connection) ?? new Set();
  tapsOf.set(connection, taps);
  const tap = { listener, captureLength: options.captureLength ?? DEFAULT_CAPTURE_LENGTH };
  taps.add(tap);
  attach(connection, taps);
  return () => {
    if (taps.delete(tap)) attach(connection, taps);
  };
}

function attach({ engine }: Connection, taps: ReadonlySet<Tap>): void {
  if (taps.size === 0) engine.setTap(null);
  else
    engine.setTap(
      (frame) => tell(taps, frame),
      Math.max(...Array.from(taps, ({ captureLength }) => captureLength)),
    );
}

function tell(taps: ReadonlySet<Tap>, frame: TappedFrame): void {
  for (const { listener, captureLength } of taps) {
    try {
      const isWhole = frame.payload.length <= captureLength;
      listener(isWhole ? frame : { ...frame, payload: frame.payload.subarray(0, captureLength) });
    } catch (error) {
      rethrow(error);
    }
  }
}
