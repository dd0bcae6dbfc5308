/**
 * "The WebSocket connection" of the standard, which both faces stand on: established, failed, closed, in the
 * standard's words. Its end is told in a task of its own. It may not know events, promises or streams.
 */

import { Buffer } from 'node:buffer';
import { OpeningHandshake, type OpeningResult } from '../client/opening-handshake.js';
import { CLOSED, CLOSING, CONNECTING, OPEN, type ReadyState } from '../client/ready-state.js';
import { Connection } from '../node/connection.js';
import type { ConnectionOwner } from '../node/connection-owner.js';
import { connectionSettings } from '../node/connection-settings.js';
import { Hold } from '../node/hold.js';
import { deflateAgreement } from '../node/per-message-deflate-options.js';
import { sendFlags } from '../node/send-flags.js';
import type { SendCallback } from '../node/socket-writer.js';
import { CloseCode } from '../protocol/close-codes.js';
import { type CloseArguments, codeToSend } from './close-arguments.js';
import { isPortBlocked } from './url-record.js';

/** How a connection ended. */
export interface ConnectionEnd {
  /** It was failed, or lost unexpectedly. */
  readonly failed: boolean;
  /** "Closed cleanly": both close frames were exchanged. */
  readonly wasClean: boolean;
  /** "The WebSocket connection close code". */
  readonly code: number;
  /** "The WebSocket connection close reason". */
  readonly reason: string;
}

/** Who a connection is for. */
export interface ConnectionHandler {
  /** Whether each message needs a task of its own, so that scripts see the effects of one before the next. */
  readonly taskPerMessage: boolean;
  established(extensions: string, protocol: string): void;
  /** A message, while the ready state is OPEN. Its bytes are the handler's. */
  messageReceived(payload: Buffer, isBinary: boolean): void;
  /** There is buffer space again, after `hasBufferSpace` was `false`. */
  bufferSpaceFreed(): void;
  /** The end: nothing follows. The ready state is CLOSED. */
  closed(end: ConnectionEnd): void;
}

/** One connection, from its URL to its end. */
export class WebSocketConnection implements ConnectionOwner {
  readonly #handler: ConnectionHandler;
  #readyState: ReadyState = CONNECTING;
  #opening: OpeningHandshake | null = null;
  #connection: Connection | null = null;
  #failed = false;

  /**
   * "Establish a WebSocket connection".
   * @param url as `getUrlRecord` gives it
   * @param protocols as `checkProtocols` gives them
   */
  constructor(url: URL, protocols: readonly string[], handler: ConnectionHandler) {
    this.#handler = handler;
    if (isPortBlocked(url)) this.#neverEstablished();
    else this.#opening = this.#open(url, protocols);
  }

  /** "Ready state": 0 CONNECTING, 1 OPEN, 2 CLOSING or 3 CLOSED. */
  get readyState(): ReadyState {
    if (this.#readyState !== OPEN) return this.#readyState;
    return this.#connection?.closing ? CLOSING : OPEN;
  }

  /** Whether what is sent now will not pile up; after `false` follows `bufferSpaceFreed`, or the end. */
  hasBufferSpace(): boolean {
    return this.#connection?.outgoing.belowHighWaterMark() ?? true;
  }

  /** "Send a WebSocket Message" of text or bytes, which may change afterwards. Only while OPEN. */
  send(payload: string | Buffer, sent?: SendCallback): void {
    const { outgoing, agreement } = this.#connection as Connection;
    const isBinary = typeof payload !== 'string';
    // A frame that is masked at once is a copy anyway.
    const kept = isBinary && (agreement !== null || outgoing.queueing) ? Buffer.from(payload) : payload;
    outgoing.send(kept, sendFlags(isBinary, true, true), sent);
  }

  /** "Send a WebSocket Message" of what is in a Blob; what is sent meanwhile waits behind it. Only while OPEN. */
  sendBlob(blob: Blob, sent: SendCallback): void {
    const connection = this.#connection as Connection;
    const flags = sendFlags(true, true, true);
    const task = connection.outgoing.blobTask(blob, flags, sent, () => {
      // What was sent before may be followed by nothing else: the message would be missing.
      this.#failed = true;
      connection.closeAbruptly(CloseCode.INTERNAL_ERROR);
    });
    connection.outgoing.enqueue(task);
  }

  /** "Close the WebSocket", with a code and reason that are validated. */
  close(closeArguments: CloseArguments): void {
    const { readyState } = this;
    if (readyState === CLOSING || readyState === CLOSED) return;
    this.#readyState = CLOSING;
    if (readyState === CONNECTING) {
      // "Fail the WebSocket connection".
      this.#opening?.abort();
      return;
    }
    // Without an argument the close frame has no body.
    this.#connection?.startClose(codeToSend(closeArguments) ?? undefined, closeArguments.reason);
    // Messages are not wanted any more, the peer's close frame is.
    this.applyBackpressure(false);
  }

  /** Stops or continues receiving messages: the peer feels it. */
  applyBackpressure(held: boolean): void {
    if (held) this.#connection?.hold(Hold.CONSUMER);
    else this.#connection?.release(Hold.CONSUMER);
  }

  // What the connection tells.

  /** @internal "When a WebSocket message has been received". */
  connectionMessage(payload: Buffer, isBinary: boolean): void {
    if (this.readyState === OPEN) this.#handler.messageReceived(payload, isBinary);
  }

  /** @internal */
  connectionFragments(): void {}

  /** @internal */
  connectionPing(): void {}

  /** @internal */
  connectionPong(): void {}

  /** @internal */
  connectionDrain(): void {
    this.#handler.bufferSpaceFreed();
  }

  /** @internal "Fail the WebSocket connection". */
  connectionError(): void {
    this.#failed = true;
  }

  /** @internal "When the WebSocket connection is closed". */
  connectionClose(code: number, reason: Buffer): void {
    const { sentCloseCode } = (this.#connection as Connection).engine;
    const isReceived = code !== CloseCode.ABNORMAL_CLOSURE;
    const wasClean = isReceived && sentCloseCode !== undefined;
    // RFC 6455 §7.2.1: a connection that is lost unexpectedly has failed.
    const failed = this.#failed || (!isReceived && sentCloseCode === undefined);
    this.#queueClosed({ failed, wasClean, code, reason: reason.toString() });
  }

  #open(url: URL, protocols: readonly string[]): OpeningHandshake {
    return new OpeningHandshake(
      url,
      protocols,
      {},
      {
        upgrade: () => undefined,
        redirect: () => undefined,
        unexpectedResponse: () => false,
        opened: (result) => this.#established(result),
        failed: () => this.#neverEstablished(),
      },
    );
  }

  /** "When the WebSocket connection is established". */
  #established({ socket, head, deflate, subprotocol, response }: OpeningResult): void {
    const settings = connectionSettings('client', { allowSynchronousEvents: !this.#handler.taskPerMessage });
    const agreement = deflate && deflateAgreement('client', deflate, {}, settings.maxPayload);
    const connection = new Connection(this, socket, settings, agreement, null);
    this.#opening = null;
    this.#connection = connection;
    this.#readyState = OPEN;
    // This is a task; the first message, which may have come already, needs another.
    connection.hold(Hold.USER);
    connection.start(head);
    this.#handler.established(response.headers['sec-websocket-extensions'] ?? '', subprotocol);
    setImmediate(() => connection.release(Hold.USER));
  }

  #neverEstablished(): void {
    this.#opening = null;
    this.#queueClosed({ failed: true, wasClean: false, code: CloseCode.ABNORMAL_CLOSURE, reason: '' });
  }

  #queueClosed(end: ConnectionEnd): void {
    setImmediate(() => {
      this.#readyState = CLOSED;
      this.#handler.closed(end);
    });
  }
}
