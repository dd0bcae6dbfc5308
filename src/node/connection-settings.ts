import { EnginePool } from '../protocol/engine-pool.js';
import type { MaskingKeySource } from '../protocol/frame-encoder.js';
import { DEFAULT_MAX_PAYLOAD, type ProtocolOptions } from '../protocol/protocol-options.js';
import { type Clock, systemClock } from './clock.js';
import { randomMaskingKey } from './masking-keys.js';
import type { MessageDeflaterOptions } from './message-deflater.js';
import type { MessageInflaterOptions } from './message-inflater.js';

/**
 * What to do with a message for a peer that does not read: `close` destroys the connection, `drop` drops the
 * message, `send` buffers it all the same.
 */
export type SlowConsumerAction = 'close' | 'drop' | 'send';

/** How permessage-deflate was agreed for one connection, in our two directions. */
export interface DeflateAgreement {
  readonly deflate: MessageDeflaterOptions;
  readonly inflate: MessageInflaterOptions;
  /** Shorter payloads are sent as they are, in bytes; applies where there is no context takeover. */
  readonly threshold: number;
}

/** Messages that went over the connections that share it. */
export interface Traffic {
  messagesReceived: number;
  messagesSent: number;
}

/** Settings that all connections of one server share, and that a client's connection has for itself. */
export interface ConnectionSettings {
  /** The engine's options, for connections without and with permessage-deflate. */
  readonly plain: ProtocolOptions;
  readonly deflated: ProtocolOptions;
  /** Largest message in bytes after inflation; 0 for no limit. */
  readonly maxPayload: number;
  /** Milliseconds after which a closing handshake is cut off. */
  readonly closeTimeout: number;
  /** Bytes of `bufferedAmount` from which on `send` returns `false`. */
  readonly highWaterMark: number;
  /** Bytes of `bufferedAmount` that the next message may not pass; `Infinity` for no limit. */
  readonly maxBufferedAmount: number;
  /** What happens at that limit. */
  readonly slowConsumer: SlowConsumerAction | ((bytes: number) => SlowConsumerAction);
  /** Whether several messages of one read are emitted in one turn of the event loop. */
  readonly allowSynchronousEvents: boolean;
  readonly clock: Clock;
  readonly traffic: Traffic;
}

/** What `connectionSettings` makes settings from; each has the default that the options of hawser document. */
export interface ConnectionSettingsInput {
  maxPayload?: number | undefined;
  maxFragments?: number | undefined;
  skipUTF8Validation?: boolean | undefined;
  autoPong?: boolean | undefined;
  generateMask?: ((mask: Buffer) => void) | undefined;
  closeTimeout?: number | undefined;
  highWaterMark?: number | undefined;
  maxBufferedAmount?: number | undefined;
  slowConsumer?: ConnectionSettings['slowConsumer'] | undefined;
  allowSynchronousEvents?: boolean | undefined;
  clock?: Clock | undefined;
}

/** Default of `closeTimeout`, in milliseconds. */
export const DEFAULT_CLOSE_TIMEOUT = 30_000;

/** What all connections of this process share. */
const pool = new EnginePool();

/** Fills in the defaults. */
export function connectionSettings(
  role: 'client' | 'server',
  input: ConnectionSettingsInput,
): ConnectionSettings {
  const maxPayload = input.maxPayload ?? DEFAULT_MAX_PAYLOAD;
  const plain: ProtocolOptions = {
    role,
    maxPayload,
    maxFragments: input.maxFragments,
    skipUTF8Validation: input.skipUTF8Validation,
    autoPong: input.autoPong,
    nextMaskingKey: maskingKeySource(input.generateMask),
    pool,
  };
  return {
    plain,
    deflated: { ...plain, perMessageDeflate: true },
    maxPayload,
    closeTimeout: input.closeTimeout ?? DEFAULT_CLOSE_TIMEOUT,
    highWaterMark: input.highWaterMark ?? 65_536,
    maxBufferedAmount: input.maxBufferedAmount ?? Number.POSITIVE_INFINITY,
    slowConsumer: input.slowConsumer ?? 'close',
    allowSynchronousEvents: input.allowSynchronousEvents ?? true,
    clock: input.clock ?? systemClock,
    traffic: { messagesReceived: 0, messagesSent: 0 },
  };
}

function maskingKeySource(generateMask: ((mask: Buffer) => void) | undefined): MaskingKeySource {
  if (generateMask === undefined) return randomMaskingKey;
  return (target, offset) => generateMask(target.subarray(offset, offset + 4));
}
