/**
 * The options of a client's `WebSocket`. Only types: what an option means is written here, what is done with it
 * where it is read.
 */

import type { Agent, ClientRequest, ClientRequestArgs } from 'node:http';
import type { createConnection, LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PeerCertificate, SecureContextOptions } from 'node:tls';
import type { Clock } from '../node/clock.js';
import type { SlowConsumerAction } from '../node/connection-settings.js';
import type { HeartbeatSettings } from '../node/heartbeat.js';
import type { PerMessageDeflateOptions } from '../node/per-message-deflate-options.js';
import type { WebSocket } from './websocket.js';

/** A certificate or key as `checkServerIdentity` of `@types/ws` has it. */
export type CertMeta = string | string[] | Buffer | Buffer[];

/** Sets headers of a request at the last minute; it then has to call `request.end()`. */
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

/** Makes the socket of a request: returns it, or hands it or an error to `oncreate`. */
export type CreateConnection = (
  options: ClientRequestArgs,
  oncreate: (error: Error | null, socket: Duplex) => void,
) => Duplex | null | undefined;

/**
 * Options of a client. Those of `tls.createSecureContext` (`ca`, `cert`, `key`, …) hold for `wss:`; any other
 * option of `http.request` and `https.request` is handed on to them.
 */
export interface ClientOptions extends SecureContextOptions {
  /** Follow 3xx answers with a `Location`. Credentials stay behind when the host changes or TLS is lost. Default `false`. */
  followRedirects?: boolean | undefined;
  /** Redirects that are followed before the handshake fails. Default 10. */
  maxRedirects?: number | undefined;
  /** Milliseconds for the whole opening handshake: proxy, TLS and redirects included. Default: no limit. */
  handshakeTimeout?: number | undefined;
  /** Called with each request before it is sent, to set headers; it must call `request.end()`. Default: none. */
  finishRequest?: FinishRequestCallback | undefined;
  /** Further headers of the request. Those of the handshake itself cannot be replaced. Default: none. */
  headers?: { [name: string]: string } | undefined;
  /** The `Origin` header. Default: none. */
  origin?: string | undefined;
  /** `user:password` for Basic authentication; those in the URL and an `Authorization` header come first. Default: none. */
  auth?: string | undefined;
  /** Version of the WebSocket protocol: 13, the only one and the default. */
  protocolVersion?: number | undefined;
  /** Offer permessage-deflate, as the options say. Default `true`. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;

  /** Agent that makes the connection. Default: none, the connection is made directly. */
  agent?: Agent | false | undefined;
  /** Makes the socket in place of `net.connect` or `tls.connect`. Default: those two. */
  createConnection?: typeof createConnection | CreateConnection | undefined;
  /**
   * HTTP proxy for `ws:` and `wss:`, reached by CONNECT: `http://user:password@host:port`, or `https:` for TLS up
   * to the proxy, whose certificate is always checked (with `ca`, if given). Default: none.
   */
  proxy?: string | URL | undefined;
  /** Path of a Unix socket or Windows pipe to connect to in place of the URL's host. Default: none. */
  socketPath?: string | undefined;
  /** Local address to connect from. Default: the system's choice. */
  localAddress?: string | undefined;
  /** IP version that a host name is resolved to: 4, 6, or 0 for both. Default 0. */
  family?: number | undefined;
  /** Resolves host names. Default `dns.lookup`. */
  lookup?: LookupFunction | undefined;
  /** Milliseconds without any traffic after which the opening handshake fails. Default: no limit. */
  timeout?: number | undefined;
  /** Refuse a server whose certificate is not valid. Default `true`. */
  rejectUnauthorized?: boolean | undefined;
  /** Name that the server's certificate has to be for (SNI). Default: the host, unless it is an IP address. */
  servername?: string | undefined;
  /** Checks whether the certificate is the server's, in place of `tls.checkServerIdentity`. */
  checkServerIdentity?(
    servername: string,
    certificate: CertMeta | PeerCertificate,
  ): Error | boolean | undefined;

  /** Fills in the masking key of a frame. Default: random bytes, which is what RFC 6455 §5.3 asks for. */
  generateMask?(mask: Buffer): void;
  /** Emit several messages of one read in one turn of the event loop. Default `true`. */
  allowSynchronousEvents?: boolean | undefined;
  /** Answer pings. Default `true`. */
  autoPong?: boolean | undefined;
  /** Longest message that is accepted, in bytes after decompression; 0 for no limit. Default 100 MiB. */
  maxPayload?: number | undefined;
  /** Longest message in bytes that `messageStreams` hands out; 0 for no limit. Default 0. */
  maxMessageSize?: number | undefined;
  /** Most fragments of one message; 0 for no limit. Default 131,072. */
  maxFragments?: number | undefined;
  /** Do not check that text is UTF-8. Default `false`. */
  skipUTF8Validation?: boolean | undefined;
  /** What text messages are emitted as. Default `'buffer'`. */
  textType?: 'buffer' | 'string' | undefined;
  /** Milliseconds for the closing handshake before the connection is cut. Default 30,000. */
  closeTimeout?: number | undefined;
  /** Bytes of `bufferedAmount` from which on `send` returns `false`. Default 64 KiB. */
  highWaterMark?: number | undefined;
  /** Bytes of `bufferedAmount` that the next message may not pass. Default: no limit. */
  maxBufferedAmount?: number | undefined;
  /** What happens at that limit, or a function that decides per message. Default `'close'`. */
  slowConsumer?: SlowConsumerAction | ((bytes: number) => SlowConsumerAction) | undefined;
  /** Ping a silent server and give it up without an answer; times in milliseconds. Default `false`. */
  heartbeat?: HeartbeatSettings | false | undefined;
  /** Source of time. Default: the machine's. */
  clock?: Clock | undefined;

  /** Subprotocols, where the constructor's second argument gives none. Default: none. */
  protocols?: string | string[] | undefined;

  /** Taken for compatibility and not used: subprotocols are the constructor's second argument. */
  protocol?: string | undefined;
  /** Taken for compatibility and not used: the host is the URL's. */
  host?: string | undefined;
  /** Taken for compatibility and not used: what is buffered is bounded by its bytes. */
  maxBufferedChunks?: number | undefined;
  /** Taken for compatibility and not used: at most one pong waits while the peer does not read. */
  maxPendingAutoPongs?: number | undefined;
}
