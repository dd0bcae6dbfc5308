/** What an engine is told, and the rules for frames that follow from it. */
import type { EnginePool } from './engine-pool.js';
import type { MaskingKeySource } from './frame-encoder.js';
import type { FrameRules } from './frame-rules.js';

/** Default of `maxPayload`, in bytes: 100 MiB. */
export const DEFAULT_MAX_PAYLOAD = 104_857_600;
/** Default of `maxFragments`. */
export const DEFAULT_MAX_FRAGMENTS = 131_072;

/** Options of a `WebSocketProtocol`; they are read when it is made, and an object of them is not changed later. */
export interface ProtocolOptions {
  /** Which side we are: a client masks, a server does not (§5.1). */
  readonly role: 'client' | 'server';
  /** Source of masking keys; required at a client. */
  readonly nextMaskingKey?: MaskingKeySource | undefined;
  /** Largest message in bytes, before inflation; 0 for no limit; default 100 MiB. */
  readonly maxPayload?: number | undefined;
  /** Most fragments of one message; 0 for no limit; default 131,072. */
  readonly maxFragments?: number | undefined;
  /** Whether permessage-deflate was negotiated; default `false`. */
  readonly perMessageDeflate?: boolean | undefined;
  /** Do not check that text and close reasons are UTF-8; default `false`. */
  readonly skipUTF8Validation?: boolean | undefined;
  /** Answer pings; default `true`. */
  readonly autoPong?: boolean | undefined;
  /** Decoders, encoders and memory to share between connections; by default a pool of its own. */
  readonly pool?: EnginePool | undefined;
}

/** The rules for a connection with these options. */
export function frameRules(options: ProtocolOptions): FrameRules {
  return {
    masked: options.role === 'server',
    rsv1: options.perMessageDeflate === true,
    maxPayload: limit(options.maxPayload, DEFAULT_MAX_PAYLOAD),
    maxFragments: limit(options.maxFragments, DEFAULT_MAX_FRAGMENTS),
  };
}

/** A limit of an option, where 0 stands for none. */
export function limit(value: number | undefined, fallback: number): number {
  return value === undefined ? fallback : value === 0 ? Number.POSITIVE_INFINITY : value;
}
