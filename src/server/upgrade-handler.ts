import type { IncomingMessage } from 'node:http';
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import type { Clock } from '../node/clock.js';
import { HandshakeError } from '../protocol/errors.js';
import type { AcceptedOffer } from '../protocol/handshake/permessage-deflate.js';
import { createRefusal } from '../protocol/handshake/request.js';
import { PendingHandshake } from './pending-handshake.js';
import {
  admit,
  type JudgedRequest,
  judgeRequest,
  type UpgradePolicy,
  upgradeResponse,
  whenKnown,
} from './upgrade.js';

/** A socket whose 101 response is written. */
export interface UpgradedSocket {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly subprotocol: string;
  readonly deflate: AcceptedOffer | null;
  /** What `authenticate` resolved to. */
  readonly context: unknown;
}

/** What an `UpgradeHandler` asks and tells its server. */
export interface UpgradeHost {
  /** As they are now. */
  readonly options: UpgradePolicy;
  /** @throws UsageError if an option was assigned a value that may not be */
  checkOptions(): void;
  /** Whether new connections are accepted. */
  isRunning(): boolean;
  /** Whether the request's path is served. */
  serves(request: IncomingMessage): boolean | Promise<boolean>;
  /** The 101 response as it is to be written; somebody may change its lines. */
  response(head: string, request: IncomingMessage): string;
  /** A request broke a rule; `true` if somebody else answers it. */
  clientError(error: HandshakeError, socket: Duplex, request: IncomingMessage): boolean;
  /** A handshake was answered, with 101 or an error's status. */
  answered(request: IncomingMessage, error: HandshakeError | null): void;
}

/** Takes opening handshakes from the request to the answer; keeps those that wait for an asynchronous check. */
export class UpgradeHandler {
  private readonly host: UpgradeHost;
  private readonly clock: Clock;
  private readonly handshakes = new Set<PendingHandshake>();

  constructor(host: UpgradeHost, clock: Clock) {
    this.host = host;
    this.clock = clock;
  }

  /** Handshakes that wait for an asynchronous check. */
  get pending(): number {
    return this.handshakes.size;
  }

  /** Answers a request; `upgraded` is called, at once if no check is asynchronous, unless it is refused. */
  handle(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    upgraded: (upgraded: UpgradedSocket) => void,
  ): void {
    const handshake = new PendingHandshake({ request, socket, head }, this.handshakes);
    let judged: JudgedRequest | null;
    let context: unknown;
    // What the options' functions throw refuses the one request, and does not take the process down.
    try {
      judged = this.judge(handshake);
      if (judged === null) return;
      context = this.admission(handshake, judged);
    } catch (error) {
      this.refuse(handshake, error);
      return;
    }
    if (context instanceof Promise) this.wait(handshake, judged, context, upgraded);
    else this.complete(handshake, judged, context, upgraded);
  }

  /** Refuses all that wait, when the server shuts down. */
  refuseAll(): void {
    for (const handshake of this.handshakes) this.refuse(handshake, shuttingDown());
  }

  private judge(handshake: PendingHandshake): JudgedRequest | null {
    const { request, socket } = handshake;
    if (!this.host.isRunning()) throw shuttingDown();
    this.host.checkOptions();
    const { options } = this.host;
    if (this.handshakes.size >= (options.maxPendingHandshakes ?? 10_000)) throw tooManyPending();
    try {
      return judgeRequest(request, options);
    } catch (error) {
      const taken = error instanceof HandshakeError && this.host.clientError(error, socket, request);
      if (!taken) throw error;
      handshake.giveAway();
      return null;
    }
  }

  private admission(handshake: PendingHandshake, judged: JudgedRequest): unknown {
    const { request } = handshake;
    return whenKnown(this.host.serves(request), (isServed) => {
      if (!isServed) throw HandshakeError.of('WS_ERR_PATH_NOT_SERVED');
      return admit(request, judged, this.host.options, handshake);
    });
  }

  private wait(
    handshake: PendingHandshake,
    judged: JudgedRequest,
    admission: Promise<unknown>,
    upgraded: (upgraded: UpgradedSocket) => void,
  ): void {
    const handshakeTimeout = this.host.options.handshakeTimeout ?? 10_000;
    const refuse = (error: unknown) => this.refuse(handshake, error);
    handshake.limitTime(this.clock, handshakeTimeout, () =>
      refuse(HandshakeError.of('WS_ERR_HANDSHAKE_TIMEOUT')),
    );
    handshake.watchEnd();
    admission.then((context) => {
      handshake.unwatchEnd();
      // Out of the promise: what a listener throws is an uncaught exception and not a rejection.
      nextTick(() => this.complete(handshake, judged, context, upgraded));
    }, refuse);
  }

  private complete(
    handshake: PendingHandshake,
    judged: JudgedRequest,
    context: unknown,
    upgraded: (upgraded: UpgradedSocket) => void,
  ): void {
    if (!handshake.pending) return;
    const { request, socket, head } = handshake;
    let answer: { head: string; subprotocol: string };
    try {
      answer = this.answer(handshake, judged);
    } catch (error) {
      this.refuse(handshake, error);
      return;
    }
    if (!handshake.accept()) return;
    socket.write(answer.head);
    this.host.answered(request, null);
    const { subprotocol } = answer;
    upgraded({ request, socket, head, subprotocol, deflate: judged.deflate, context });
  }

  private answer(handshake: PendingHandshake, judged: JudgedRequest): { head: string; subprotocol: string } {
    const { request, waited } = handshake;
    // Options may have been assigned while the checks took their time.
    if (waited) this.host.checkOptions();
    const { head, subprotocol } = upgradeResponse(judged, request, this.host.options);
    const response = this.host.response(head, request);
    // Last, since any of the application's functions may have closed the server.
    if (!this.host.isRunning()) throw shuttingDown();
    return { head: response, subprotocol };
  }

  private refuse(handshake: PendingHandshake, error: unknown): void {
    const { refusal, answer } = refusalFor(error);
    if (handshake.refuse(refusal, answer)) this.host.answered(handshake.request, refusal);
  }
}

/** An error that is no `HandshakeError`, or has headers that cannot be sent, is ours: the client learns nothing of it. */
function refusalFor(error: unknown): { refusal: HandshakeError; answer: string } {
  try {
    if (error instanceof HandshakeError) return { refusal: error, answer: createRefusal(error) };
  } catch (cause) {
    return refusalFor(cause);
  }
  const refusal = HandshakeError.of('WS_ERR_CHECK_FAILED', undefined, { cause: error });
  return { refusal, answer: createRefusal(refusal) };
}

function shuttingDown(): HandshakeError {
  return HandshakeError.of('WS_ERR_SHUTTING_DOWN', undefined, { headers: { 'Retry-After': '5' } });
}

function tooManyPending(): HandshakeError {
  return HandshakeError.of('WS_ERR_TOO_MANY_PENDING_HANDSHAKES', undefined, {
    headers: { 'Retry-After': '5' },
  });
}
