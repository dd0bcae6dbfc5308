/**
 * The user's options for permessage-deflate, the same at a client and a server, and what they come to once both
 * ends have agreed. It may not know how the agreement is made: that is the protocol layer's.
 */

import { Buffer } from 'node:buffer';
import { deflateRawSync, type ZlibOptions } from 'node:zlib';
import { UsageError } from '../protocol/errors.js';
import {
  checkPreferences,
  type PerMessageDeflateParameters,
} from '../protocol/handshake/permessage-deflate.js';
import type { DeflateAgreement } from './connection-settings.js';
import type { DeflateSettings } from './message-deflater.js';
import { sharedZlibLimiter } from './zlib-limiter.js';

/** Settings of zlib for compression. Those that the RFC or the agreement fixes are taken and not used. */
export interface PerMessageDeflateZlibOptions extends DeflateSettings {
  /** Not used: every message ends with a sync flush (RFC 7692 §7.2.1). */
  flush?: number | undefined;
  /** Not used, as `flush`. */
  finishFlush?: number | undefined;
  /** Not used: see `serverMaxWindowBits` and `clientMaxWindowBits`. */
  windowBits?: number | undefined;
  /** Not used: RFC 7692 knows no preset dictionary. */
  dictionary?: unknown;
  /** Not used. */
  info?: boolean | undefined;
}

/** Options of permessage-deflate (RFC 7692). */
export interface PerMessageDeflateOptions {
  /** No context takeover by the server's compressor. Default: a server says so, a client does not ask. */
  serverNoContextTakeover?: boolean | undefined;
  /** No context takeover by the client's compressor. Default: a server asks for it, a client does not promise it. */
  clientNoContextTakeover?: boolean | undefined;
  /** Base-2 logarithm of the largest window of the server's compressor, 8 to 15. Default 15. */
  serverMaxWindowBits?: number | undefined;
  /**
   * Base-2 logarithm of the largest window of the client's compressor, 8 to 15. Default 15. At a client `true`,
   * the default, lets the server choose and `false` does not.
   */
  clientMaxWindowBits?: number | boolean | undefined;
  /** Settings of zlib for compression: `level`, `memLevel`, `strategy`, `chunkSize`. Default: zlib's. */
  zlibDeflateOptions?: PerMessageDeflateZlibOptions | undefined;
  /** Settings of zlib for decompression: `chunkSize`. Default: by the length of the message. */
  zlibInflateOptions?: ZlibOptions | undefined;
  /** Shorter messages are sent as they are, in bytes; applies where there is no context takeover. Default 1024. */
  threshold?: number | undefined;
  /**
   * Longest message in bytes that is compressed at once; longer ones go to the thread pool. Default 8,192; 0 sends all
   * there.
   */
  deflateSyncThreshold?: number | undefined;
  /**
   * Longest compressed message in bytes that is inflated at once; longer ones go to the thread pool. Default 16,384; 0
   * sends all there.
   */
  inflateSyncThreshold?: number | undefined;
  /** Bytes that may come of it then; a message of which more come is inflated again there. Default 262,144. */
  inflateSyncMaxOutput?: number | undefined;
  /** Zlib jobs on the thread pool at once, for the whole process: the last one given holds. Default 10. */
  concurrencyLimit?: number | undefined;
}

/** Default of `threshold`, in bytes: what is shorter gains little. */
const DEFAULT_THRESHOLD = 1024;

/**
 * Checks options where a server or client is made, zlib's included, so that a mistake shows there and not at the
 * first message.
 *
 * @throws UsageError `WS_ERR_INVALID_OPTIONS`
 */
export function checkDeflateOptions(options: PerMessageDeflateOptions): void {
  checkPreferences(options);
  for (const name of ['deflateSyncThreshold', 'inflateSyncThreshold', 'inflateSyncMaxOutput'] as const) {
    const { [name]: bytes = 0 } = options;
    if (typeof bytes === 'number' && bytes >= 0) continue;
    throw new UsageError('WS_ERR_INVALID_OPTIONS', `The option "${name}" must be a number from 0 on`);
  }
  const { level, memLevel, strategy, chunkSize } = options.zlibDeflateOptions ?? {};
  const nothing = Buffer.alloc(0);
  try {
    deflateRawSync(nothing, { level, memLevel, strategy, chunkSize } as ZlibOptions);
    const { chunkSize: inflateChunkSize } = options.zlibInflateOptions ?? {};
    deflateRawSync(nothing, { chunkSize: inflateChunkSize } as ZlibOptions);
  } catch (cause) {
    throw new UsageError('WS_ERR_INVALID_OPTIONS', `Invalid zlib options: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * What was agreed, as the two directions of a connection in this `role` need it.
 *
 * @param maxPayload bytes that a message may have once inflated; 0 for no limit
 * @throws UsageError for a `concurrencyLimit` that is no positive integer or `Infinity`
 */
export function deflateAgreement(
  role: 'client' | 'server',
  parameters: PerMessageDeflateParameters,
  options: PerMessageDeflateOptions,
  maxPayload: number,
): DeflateAgreement {
  if (options.concurrencyLimit !== undefined) sharedZlibLimiter.limit = options.concurrencyLimit;
  const { client, server } = directions(parameters);
  const [sending, receiving] = role === 'client' ? [client, server] : [server, client];
  const { level, memLevel, strategy, chunkSize } = options.zlibDeflateOptions ?? {};
  const { deflateSyncThreshold, inflateSyncThreshold, inflateSyncMaxOutput } = options;
  return {
    deflate: {
      ...sending,
      zlib: { level, memLevel, strategy, chunkSize },
      syncThreshold: deflateSyncThreshold,
    },
    inflate: {
      ...receiving,
      maxPayload,
      zlib: { chunkSize: options.zlibInflateOptions?.chunkSize },
      syncThreshold: inflateSyncThreshold,
      syncMaxOutput: inflateSyncMaxOutput,
    },
    threshold: options.threshold ?? DEFAULT_THRESHOLD,
  };
}

/** What holds for the compressor of each end (RFC 7692 §7.1.1 and §7.1.2). */
function directions(parameters: PerMessageDeflateParameters) {
  return {
    client: {
      windowBits: parameters.clientMaxWindowBits,
      contextTakeover: !parameters.clientNoContextTakeover,
    },
    server: {
      windowBits: parameters.serverMaxWindowBits,
      contextTakeover: !parameters.serverNoContextTakeover,
    },
  };
}
