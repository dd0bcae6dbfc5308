/**
 * The client's opening handshake (RFC 6455 §4.1) from URL to upgraded socket: requests, redirects, time limit,
 * and the end of all sockets if it fails. It may not know frames, nor the `WebSocket` that it is for.
 */

import { randomBytes } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../node/clock.js';
import { amount, callable, checkOptionValues, connectionChecks } from '../node/option-checks.js';
import { checkDeflateOptions } from '../node/per-message-deflate-options.js';
import { errorCatalogue, HandshakeError, UsageError } from '../protocol/errors.js';
import type { ExtensionOffer } from '../protocol/handshake/extensions.js';
import { HeaderFields } from '../protocol/handshake/headers.js';
import { createOffer, type PerMessageDeflateParameters } from '../protocol/handshake/permessage-deflate.js';
import { type CheckedUpgradeResponse, checkUpgradeResponse } from '../protocol/handshake/response.js';
import { unixTarget } from './address.js';
import type { ClientOptions } from './client-options.js';
import { parseProxy } from './proxy.js';
import { type Destination, firstDestination, redirected } from './redirects.js';
import { timedOut } from './timed-out.js';
import { openRequest, type PendingRequest } from './upgrade-request.js';

/** A connection that is open. */
export interface OpeningResult {
  readonly socket: Duplex;
  /** Bytes that came behind the response. */
  readonly head: Buffer;
  /** The server's choice; empty if no subprotocol was offered. */
  readonly subprotocol: string;
  /** What was agreed about compression; `null` if there is none. */
  readonly deflate: PerMessageDeflateParameters | null;
  readonly response: IncomingMessage;
}

/** Who an opening handshake is for. Each of its methods may call `abort`. */
export interface OpeningHandler {
  /** Sets headers of a request and has to call its `end()`; without this method the request is sent as it is. */
  readonly finishRequest?: ((request: ClientRequest) => void) | undefined;
  /** A 101 response has come; it is not checked yet. */
  upgrade(response: IncomingMessage): void;
  /** A redirect is followed by `request`, whose headers may still be set; if it is destroyed, that is the end. */
  redirect(url: string, request: ClientRequest): void;
  /** Neither an upgrade nor a redirect to follow. `true`: the response is the handler's now. */
  unexpectedResponse(request: ClientRequest, response: IncomingMessage): boolean;
  /** The end of a handshake that succeeded. */
  opened(result: OpeningResult): void;
  /** The end of one that did not; every socket is destroyed. Never called while the constructor runs. */
  failed(error: Error): void;
}

const DEFAULT_MAX_REDIRECTS = 10;
const clientChecks = {
  ...connectionChecks,
  maxRedirects: amount,
  finishRequest: callable,
  generateMask: callable,
};
const KEY_LENGTH = 16;

/** One opening handshake. It ends with one call of `opened` or `failed`. */
export class OpeningHandshake {
  readonly #handler: OpeningHandler;
  readonly #subprotocols: readonly string[];
  readonly #offer: ExtensionOffer | null;
  readonly #clock: Clock;
  #destination: Destination;
  #redirects = 0;
  #key = '';
  #pending: PendingRequest | null = null;
  /** The socket, once a 101 response has come. */
  #socket: Duplex | null = null;
  #timer: unknown = null;
  /** Whether the current request was answered, with anything but an upgrade. */
  #hasResponse = false;
  #isOver = false;

  /**
   * Starts to connect.
   *
   * @param url as `parseAddress` gives it
   * @param subprotocols as `checkSubprotocols` gives them
   * @throws UsageError `WS_ERR_INVALID_OPTIONS` for options that cannot be or contradict each other, and what
   * `http.request` throws for the options that are its own, or `finishRequest`
   */
  constructor(url: URL, subprotocols: readonly string[], options: ClientOptions, handler: OpeningHandler) {
    checkOptions(url, options);
    this.#handler = handler;
    this.#subprotocols = subprotocols;
    this.#offer = offerOf(options.perMessageDeflate);
    this.#clock = options.clock ?? systemClock;
    this.#destination = firstDestination(url, options);
    const request = this.#open();
    this.#limitTime(options.handshakeTimeout);
    try {
      this.#finishRequest(request);
    } catch (error) {
      this.#destroy();
      throw error;
    }
  }

  /** The URL that is connected to; changes with each redirect. */
  get url(): string {
    return this.#destination.url.href;
  }

  /** The request that is under way; `null` once the handshake is over. */
  get request(): ClientRequest | null {
    return this.#pending?.request ?? null;
  }

  /**
   * Gives up, unless the handshake is over: every socket is destroyed now, and `failed` is called later with
   * HandshakeError `WS_ERR_CLOSED_BEFORE_OPEN`.
   */
  abort(): void {
    if (this.#isOver) return;
    this.#destroy();
    nextTick(() => this.#handler.failed(HandshakeError.of('WS_ERR_CLOSED_BEFORE_OPEN')));
  }

  /** Makes the request for the current destination; what an earlier one still says is not heard. */
  #open(): ClientRequest {
    this.#key = randomBytes(KEY_LENGTH).toString('base64');
    const fields = { key: this.#key, subprotocols: this.#subprotocols, offer: this.#offer };
    this.#pending = openRequest(this.#destination, fields);
    this.#hasResponse = false;
    this.#listen(this.#pending.request);
    return this.#pending.request;
  }

  #listen(request: ClientRequest): void {
    const ifCurrent = (action: () => void): void => {
      if (this.request === request) action();
    };
    request
      .on('error', (error) => ifCurrent(() => this.#fail(error)))
      .on('timeout', () => ifCurrent(() => this.#fail(timedOut())))
      .on('response', (response) => ifCurrent(() => this.#onResponse(request, response)))
      .on('upgrade', (...upgrade) => ifCurrent(() => this.#onUpgrade(...upgrade)))
      .on('close', () => ifCurrent(() => this.#onClose()));
  }

  #finishRequest(request: ClientRequest): void {
    if (this.#handler.finishRequest) this.#handler.finishRequest(request);
    else request.end();
  }

  #limitTime(handshakeTimeout: number | undefined): void {
    if (!handshakeTimeout) return;
    this.#timer = this.#clock.setTimeout(() => this.#fail(timedOut()), handshakeTimeout);
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #onResponse(request: ClientRequest, response: IncomingMessage): void {
    this.#hasResponse = true;
    const { statusCode: status = 0, headers } = response;
    const { followRedirects } = this.#destination.options;
    if (followRedirects && status >= 300 && status < 400 && headers.location) {
      this.#follow(headers.location, status);
    } else if (!this.#handler.unexpectedResponse(request, response)) {
      this.#fail(this.#complaint(status, response.rawHeaders));
    }
  }

  #follow(location: string, status: number): void {
    this.#redirects += 1;
    if (this.#redirects > (this.#destination.options.maxRedirects ?? DEFAULT_MAX_REDIRECTS)) {
      const message = errorCatalogue.WS_ERR_TOO_MANY_REDIRECTS.message;
      this.#fail(new HandshakeError(status, { code: 'WS_ERR_TOO_MANY_REDIRECTS', message }));
      return;
    }
    const request = this.#redirect(location, status);
    if (request === null) return;
    this.#handler.redirect(this.url, request);
    if (!request.destroyed) this.#finishRequest(request);
  }

  #redirect(location: string, status: number): ClientRequest | null {
    const previous = this.#pending as PendingRequest;
    try {
      this.#destination = redirected(this.#destination, location, status);
      const request = this.#open();
      previous.destroy();
      return request;
    } catch (error) {
      this.#fail(error as Error);
      return null;
    }
  }

  #onUpgrade(response: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#socket = socket;
    this.#handler.upgrade(response);
    if (this.#isOver) return;
    const checked = this.#check(101, response.rawHeaders);
    if (checked instanceof Error) {
      this.#fail(checked);
      return;
    }
    this.#end();
    // `createConnection` may give any Duplex.
    if (socket instanceof Socket) socket.setTimeout(0);
    this.#handler.opened({ socket, head, response, ...checked });
  }

  /** What is wrong with a response that Node took for no upgrade; a 101 without one of the two headers is one. */
  #complaint(status: number, rawHeaders: readonly string[]): Error {
    const checked = this.#check(status, rawHeaders);
    const code = checked instanceof HandshakeError ? checked.code : 'WS_ERR_INVALID_UPGRADE_HEADER';
    const message = `${errorCatalogue.WS_ERR_UNEXPECTED_RESPONSE.message} ${status}`;
    return new HandshakeError(status, { code, message });
  }

  #check(status: number, rawHeaders: readonly string[]): CheckedUpgradeResponse | Error {
    try {
      return this.#checked(status, rawHeaders);
    } catch (error) {
      return error as Error;
    }
  }

  #checked(status: number, rawHeaders: readonly string[]): CheckedUpgradeResponse {
    return checkUpgradeResponse({
      status,
      fields: HeaderFields.fromRaw(rawHeaders),
      key: this.#key,
      subprotocols: this.#subprotocols,
      offer: this.#offer,
    });
  }

  /**
   * A request without an answer has had its `error` before, unless the user has ended it by its `abort()`. If the
   * handler has the response, it is up to the handler to end the handshake. The time limit ends with the response,
   * and so does its socket, which nobody could use again.
   */
  #onClose(): void {
    if (!this.#hasResponse) {
      this.#fail(HandshakeError.of('WS_ERR_CLOSED_BEFORE_OPEN'));
      return;
    }
    this.#stopTimer();
    this.#pending?.destroy();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#destroy();
    this.#handler.failed(error);
  }

  #destroy(): void {
    const pending = this.#pending;
    this.#end();
    pending?.destroy();
    // Once there is one, what becomes of it is no business of the request any more.
    this.#socket?.on('error', () => {}).destroy();
  }

  #end(): void {
    this.#isOver = true;
    this.#pending = null;
    this.#stopTimer();
  }
}

function checkOptions(url: URL, options: ClientOptions): void {
  checkOptionValues(options, clientChecks);
  const { protocolVersion = 13, proxy, agent, createConnection, socketPath } = options;
  if (protocolVersion !== 13) {
    throw invalidOptions(`Unsupported protocol version: ${protocolVersion} (supported versions: 13)`);
  }
  if (proxy === undefined) return;
  parseProxy(proxy);
  if (agent || createConnection || socketPath !== undefined) {
    throw invalidOptions('The option "proxy" excludes "agent", "createConnection" and "socketPath"');
  }
  if (unixTarget(url)) throw invalidOptions('A Unix socket cannot be reached through a proxy');
}

function offerOf(option: ClientOptions['perMessageDeflate'] = true): ExtensionOffer | null {
  if (option === true) return createOffer();
  if (!option) return null;
  checkDeflateOptions(option);
  return createOffer(option);
}

function invalidOptions(message: string): UsageError {
  return new UsageError('WS_ERR_INVALID_OPTIONS', message);
}
