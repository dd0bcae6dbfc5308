import type { WhenOffline } from '../../transport/link.js';

/** What every call can be told. */
export interface CallSettings {
  /**
   * Milliseconds until the call is given up, waiting for a connection included; they travel with the call, so that the
   * peer gives up as well. Of a stream: until it has begun. Default 30,000; `Infinity` for no limit.
   */
  readonly timeout?: number | undefined;
  /** Gives the call up when it is aborted; the peer is told. */
  readonly signal?: AbortSignal | undefined;
  /** What happens without a connection. Default `wait`. */
  readonly whenOffline?: WhenOffline | undefined;
}

/** What the call of a stream can be told. */
export interface StreamSettings<Input = unknown, Item = unknown> extends CallSettings {
  /** How many items the peer may send ahead of the reader. Default 64. */
  readonly credit?: number | undefined;
  /**
   * Calls the stream again when the connection was lost: `true` with the same parameters, a function with those that
   * it makes of the last item that arrived (`undefined`: none did), so that nothing is missed or comes twice. By
   * default a lost connection ends the stream with an error.
   */
  readonly reconnect?: true | ((last: Item | undefined) => Input) | undefined;
}
