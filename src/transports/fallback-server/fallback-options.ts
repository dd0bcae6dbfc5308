import type { IncomingMessage } from 'node:http';
import { amount, callable, checkOptionValues } from '../../node/option-checks.js';
import { UsageError } from '../../protocol/errors.js';
import type { AllowedOrigins } from '../../server/origin-policy.js';
import type { TrustProxy } from '../../server/remote-address.js';
import type { Authenticate } from '../../server/server-options.js';
import { type Clock, systemClock } from '../../transport/clock.js';
import type { CorsOptions } from './cors.js';

/** Options of a `FallbackServer`. Times are milliseconds. */
export interface FallbackServerOptions<Context = unknown> {
  /**
   * Who connects: its result is `socket.context`. Throw `new HandshakeError(401)` to refuse. It is asked about every
   * request, not only the first. Default: nobody is asked.
   */
  readonly authenticate?: Authenticate<IncomingMessage, Context> | undefined;
  /** Whose context it is: a session is used by the principal that began it and by nobody else. With `authenticate`. */
  readonly principal?: ((context: Context) => string | undefined) | undefined;
  /** Origins whose pages may connect. Default `same-host`. */
  readonly allowedOrigins?: AllowedOrigins | undefined;
  /** Lets pages of other origins connect, and tells their browsers so. Default not. */
  readonly cors?: CorsOptions | undefined;
  /** Chooses a subprotocol among the client's; `false` for none. Default: the client's first. */
  readonly handleProtocols?:
    | ((protocols: Set<string>, request: IncomingMessage) => string | false)
    | undefined;
  /** Largest message in bytes; a longer one ends the session with 1009. Default 1,048,576. */
  readonly maxPayload?: number | undefined;
  /** Bytes that a client may leave unread; then it loses its session. Default 16,777,216. */
  readonly maxBufferedAmount?: number | undefined;
  /** Bytes of sent messages that are kept for a client that has lost its connection. Default 1,048,576. */
  readonly resumeBuffer?: number | undefined;
  /** For how long they are kept, and the session of a client that is away. Default 60,000. */
  readonly resumeTimeout?: number | undefined;
  /** For how long a session that we close waits for its client. Default 5000. */
  readonly closeTimeout?: number | undefined;
  /** A poll is answered after so long. Default 25,000. */
  readonly pollTimeout?: number | undefined;
  /** After so long without an event a comment keeps a stream alive. Default 15,000. */
  readonly keepAlive?: number | undefined;
  /** A stream ends after so long, and the client begins the next one. Default 300,000. */
  readonly streamLifetime?: number | undefined;
  /** When an `EventSource` comes back. Default 2000. */
  readonly retry?: number | undefined;
  /** For how long a request may take until it is read and authenticated. Default 10,000. */
  readonly requestTimeout?: number | undefined;
  /** Sessions at a time; more are answered with 503. Default 10,000. */
  readonly maxSessions?: number | undefined;
  /** Requests that are being read and authenticated at a time; more are answered with 503. Default 10,000. */
  readonly maxPendingRequests?: number | undefined;
  /** Whether and how far `X-Forwarded-For` is believed for `socket.remoteAddress`. Default `false`. */
  readonly trustProxy?: TrustProxy | undefined;
  /** Told of errors that a client is not told of: what a hook has thrown. Default: a warning of the process. */
  readonly onError?: ((error: unknown, request: IncomingMessage) => void) | undefined;
  readonly clock?: Clock | undefined;
}

const checks = {
  authenticate: callable,
  principal: callable,
  handleProtocols: callable,
  onError: callable,
  maxPayload: amount,
  maxBufferedAmount: amount,
  resumeBuffer: amount,
  resumeTimeout: amount,
  closeTimeout: amount,
  pollTimeout: amount,
  keepAlive: amount,
  streamLifetime: amount,
  retry: amount,
  requestTimeout: amount,
  maxSessions: amount,
  maxPendingRequests: amount,
};

/** Options with their defaults. */
export type FallbackSettings = ReturnType<typeof settingsOf>;

/** Checks options and puts the defaults in. @throws UsageError `WS_ERR_INVALID_OPTIONS` */
export function settingsOf<Context>(options: FallbackServerOptions<Context>) {
  checkOptionValues(options, checks);
  if (options.authenticate !== undefined && options.principal === undefined) {
    const message =
      'With "authenticate" goes "principal": it says whose a context is, by which a session is kept';
    throw new UsageError('WS_ERR_INVALID_OPTIONS', message);
  }
  return {
    allowedOrigins: options.allowedOrigins ?? ('same-host' as const),
    maxPayload: options.maxPayload ?? 1_048_576,
    maxBufferedAmount: options.maxBufferedAmount ?? 16_777_216,
    resumeBuffer: options.resumeBuffer ?? 1_048_576,
    resumeTimeout: options.resumeTimeout ?? 60_000,
    closeTimeout: options.closeTimeout ?? 5000,
    pollTimeout: options.pollTimeout ?? 25_000,
    keepAlive: options.keepAlive ?? 15_000,
    streamLifetime: options.streamLifetime ?? 300_000,
    retry: options.retry ?? 2000,
    requestTimeout: options.requestTimeout ?? 10_000,
    maxSessions: options.maxSessions ?? 10_000,
    maxPendingRequests: options.maxPendingRequests ?? 10_000,
    trustProxy: options.trustProxy ?? false,
    clock: options.clock ?? systemClock,
  };
}
