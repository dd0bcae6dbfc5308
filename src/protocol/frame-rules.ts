/** What a `FrameDecoder` is told to let pass. Knows nothing of how it looks at bytes. */

/** Rules that a `FrameDecoder` applies. */
export interface FrameRules {
  /** Whether frames must be masked (we are the server) or must not be (we are the client), §5.1. */
  readonly masked: boolean;
  /** Whether RSV1 is defined by a negotiated extension (RFC 7692 §6). */
  readonly rsv1: boolean;
  /** Largest message in bytes, the sum of its frames; `Infinity` for no limit. */
  readonly maxPayload: number;
  /** Most fragments of one message; `Infinity` for no limit. */
  readonly maxFragments: number;
}

/**
 * `open`: everything passes. `no-data`: control frames pass, data waits. `control`: pings and pongs pass, the rest
 * waits. `shut`: everything waits.
 */
export type DecoderGate = 'open' | 'no-data' | 'control' | 'shut';
