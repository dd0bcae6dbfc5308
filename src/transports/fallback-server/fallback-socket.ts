import { timingSafeEqual } from 'node:crypto';
import { nextTick } from 'node:process';
import { rethrow } from '../../node/rethrow.js';
import { TypedEmitter } from '../../node/typed-emitter.js';
import { CloseCode, isValidCloseCode } from '../../protocol/close-codes.js';
import { UsageError } from '../../protocol/errors.js';
import type { Clock } from '../../transport/clock.js';
import { HIGH_WATER_MARK } from '../../transport/transport.js';
import type { Downstream, Ending, Opening, Source } from './downstream.js';
import { ReplayBuffer } from './replay-buffer.js';

/** Events of a `FallbackSocket`. */
export interface FallbackSocketEvents {
  /** A message has come; it is always text. */
  message: [data: string, isBinary: false];
  /** What was buffered has left, after `send` had returned `false`. */
  drain: [];
  /** The session is over. */
  close: [code: number, reason: string];
}

/** What a session is made of. */
export interface FallbackSocketParts<Context> {
  readonly opening: Opening;
  readonly context: Context;
  readonly principal: string | undefined;
  readonly remoteAddress: string | undefined;
  readonly clock: Clock;
  readonly maxPayload: number;
  readonly maxBufferedAmount: number;
  readonly resumeBuffer: number;
  readonly resumeTimeout: number;
  readonly closeTimeout: number;
}

/** `readyState`, as of a WebSocket. */
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Milliseconds for which a session that has ended still says how. */
const LINGER = 10_000;
/** Milliseconds without a response after which a client is away. */
const AWAY_AFTER = 5000;
/** Milliseconds after which a session is given up of which nothing more was heard since it began. */
const FIRST_SIGN_TIMEOUT = 10_000;

/**
 * A session of a client for which there is no WebSocket, in the shape of one: text messages, in order and at most
 * once. `rpc.accept` takes it.
 */
export class FallbackSocket<Context = unknown> extends TypedEmitter<FallbackSocketEvents> {
  /** What `authenticate` gave. */
  readonly context: Context;
  /** The client's IP address. */
  readonly remoteAddress: string | undefined;
  readonly #parts: FallbackSocketParts<Context>;
  readonly #buffer: ReplayBuffer;
  readonly #source: Source;
  #state: number = OPEN;
  #downstream: Downstream | undefined;
  /** When it lost its response, when it began to close, or when it ended. */
  #since: number;
  #received = 0;
  /** Whether its client has made a second request: who only begins sessions is not to fill the server with them. */
  #isConfirmed = false;
  #ending: Ending | undefined;
  #abortBody: (() => void) | undefined;
  #isFull = false;

  /** @internal Made by a `FallbackServer`. */
  constructor(parts: FallbackSocketParts<Context>) {
    super();
    this.context = parts.context;
    this.remoteAddress = parts.remoteAddress;
    this.#parts = parts;
    this.#buffer = new ReplayBuffer(parts.resumeBuffer, parts.resumeTimeout);
    this.#since = parts.clock.monotonic();
    const { clock } = parts;
    const buffer = this.#buffer;
    this.#source = {
      get taken() {
        return buffer.taken;
      },
      take: () => buffer.take(clock.monotonic()),
      takeEnding: () => this.#takeEnding(),
      flushed: () => this.#flushed(),
      detach: (downstream) => this.#detach(downstream),
    };
  }

  /** The session's id. It is no secret: who has nothing else can do nothing with it. */
  get id(): string {
    return this.#parts.opening.session;
  }

  /** The subprotocol; empty for none. */
  get protocol(): string {
    return this.#parts.opening.protocol;
  }

  /** 1 while it is open, 2 while it closes, 3 once it is over: as of a WebSocket. */
  get readyState(): number {
    return this.#state;
  }

  /** How messages come down: `sse` or `polling`; `undefined` while the client is away. */
  get transport(): Downstream['name'] | undefined {
    return this.#downstream?.name;
  }

  /** Bytes that were sent and have not left, those for a client that is away included. */
  get bufferedAmount(): number {
    return this.#buffer.waiting + (this.#downstream?.writableLength ?? 0);
  }

  /**
   * Sends a text message. A client that reads too slowly, or is away for too much, loses the session.
   * @returns whether more may be sent at once; after `false` the event `drain` says when
   * @throws UsageError for anything but a string
   */
  send(data: string): boolean {
    if (typeof data !== 'string') {
      throw new UsageError('WS_ERR_INVALID_ARGUMENT', 'Fallback transports carry text: send a string');
    }
    if (this.#state !== OPEN) return false;
    this.#buffer.push(wellFormed(data));
    const held = this.#buffer.footprint + (this.#downstream?.writableLength ?? 0);
    if (held > this.#parts.maxBufferedAmount || this.#isTooMuch(this.#parts.clock.monotonic())) {
      this.terminate();
      return false;
    }
    this.#downstream?.wake();
    this.#isFull ||= this.bufferedAmount >= HIGH_WATER_MARK;
    return !this.#isFull;
  }

  /**
   * Ends the session behind what was sent. Default 1000 without a reason.
   * @throws UsageError for a code that cannot be sent
   */
  close(code: number = CloseCode.NORMAL_CLOSURE, reason = ''): void {
    if (!isValidCloseCode(code)) throw new UsageError('WS_ERR_INVALID_ARGUMENT', `${code} is no close code`);
    if (this.#state !== OPEN) return;
    this.#state = CLOSING;
    this.#ending = [code, reason];
    this.#since = this.#parts.clock.monotonic();
    this.#downstream?.wake();
  }

  /** Ends the session at once; what has not left is lost. */
  terminate(): void {
    this.#ending = undefined;
    this.#finish(CloseCode.ABNORMAL_CLOSURE, '');
    this.#downstream?.destroy();
  }

  /** @internal Whether there is nothing to be said of it any more, not even how it ended. */
  get isLost(): boolean {
    return this.#state === CLOSED && this.#ending === undefined;
  }

  /** @internal Whether a request shows the key and comes from whoever has opened the session. */
  isOwnedBy(key: string, principal: string | undefined): boolean {
    const isOwned = this.hasKey(key) && principal === this.#parts.principal;
    this.#isConfirmed ||= isOwned;
    return isOwned;
  }

  /** @internal Whether a request shows the key. */
  hasKey(key: string): boolean {
    return isEqual(key, this.#parts.opening.key);
  }

  /**
   * @internal The body of a POST is about to be read. One that still is has been made again, and is given up.
   * @param abort does that
   * @returns whether it still is the last
   */
  beginBody(abort: () => void): () => boolean {
    this.#abortBody?.();
    this.#abortBody = abort;
    return () => this.#abortBody === abort;
  }

  /** @internal Whether the client has told meanwhile that it has more messages: a request was late. */
  isOutdated(after: number): boolean {
    return this.#buffer.isOutdated(after);
  }

  /**
   * @internal Messages come down on another response from now on, those behind `after` first.
   * @param begin makes it
   * @returns `false` if there are some that cannot be sent again
   */
  attach(after: number, begin: (source: Source, opening: Opening) => Downstream): boolean {
    if (!this.#buffer.rewind(after)) return false;
    const previous = this.#downstream;
    this.#downstream = begin(this.#source, this.#parts.opening);
    previous?.end();
    this.#downstream.start();
    return true;
  }

  /** @internal The client has all messages up to this one. */
  acknowledge(number: number): void {
    this.#buffer.acknowledge(number);
  }

  /**
   * @internal Takes messages that the client has sent.
   * @param first number of the first of them; those that came before are not taken again
   * @returns `false` if some are missing in front of it
   */
  receive(first: number, messages: readonly string[]): boolean {
    if (first > this.#received + 1) return false;
    for (const message of messages.slice(this.#received + 1 - first).map(wellFormed)) {
      this.#received++;
      if (this.#state !== OPEN) continue;
      if (Buffer.byteLength(message) > this.#parts.maxPayload) {
        this.close(CloseCode.MESSAGE_TOO_BIG, `at most ${this.#parts.maxPayload} bytes`);
      } else this.#emitMessage(message);
    }
    return true;
  }

  /** @internal The client has ended the session. */
  closedByClient(code: number, reason: string): void {
    if (this.#state === CLOSED) return;
    this.#ending = [code, reason];
    this.#finish(code, reason);
    this.#downstream?.wake();
  }

  /**
   * @internal Called every now and then.
   * @returns whether it is still to be kept
   */
  tick(now: number): boolean {
    const { resumeTimeout, closeTimeout } = this.#parts;
    const age = now - this.#since;
    this.#buffer.trim(now);
    this.#downstream?.tick(now);
    if (this.#state === CLOSED) {
      const isKept = !this.isLost && age < LINGER;
      if (!isKept) this.#downstream?.destroy();
      return isKept;
    }
    const patience = this.#isConfirmed ? resumeTimeout : Math.min(resumeTimeout, FIRST_SIGN_TIMEOUT);
    const isGone = this.#state === OPEN && this.#downstream === undefined && age >= patience;
    if (isGone || this.#isTooMuch(now) || (this.#state === CLOSING && age >= closeTimeout)) this.terminate();
    return true;
  }

  /** Whether more waits for a client that is away than is kept for one; between two polls nobody is away. */
  #isTooMuch(now: number): boolean {
    const isAway = this.#downstream === undefined && now - this.#since >= AWAY_AFTER;
    return isAway && this.#buffer.footprint > this.#parts.resumeBuffer;
  }

  #emitMessage(message: string): void {
    try {
      this.emit('message', message, false);
    } catch (error) {
      rethrow(error);
    }
  }

  #takeEnding(): Ending | undefined {
    const ending = this.#buffer.isEmpty ? this.#ending : undefined;
    if (ending !== undefined) this.#finish(...ending);
    return ending;
  }

  #flushed(): void {
    if (!this.#isFull || this.#state !== OPEN || this.bufferedAmount >= HIGH_WATER_MARK) return;
    this.#isFull = false;
    this.emit('drain');
  }

  #detach(downstream: Downstream): void {
    if (this.#downstream !== downstream) return;
    this.#downstream = undefined;
    const now = this.#parts.clock.monotonic();
    // Who has listened for a while only listens, and need not say more.
    this.#isConfirmed ||= now - this.#since >= FIRST_SIGN_TIMEOUT;
    if (this.#state === OPEN) this.#since = now;
  }

  #finish(code: number, reason: string): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.#since = this.#parts.clock.monotonic();
    nextTick(() => this.emit('close', code, reason));
  }
}

/** Compares in a time that says nothing of where they differ. */
function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** As a WebSocket sends it: lone surrogates become U+FFFD. The types of ES2024 know the method, which Node.js 20 has. */
function wellFormed(text: string): string {
  return (text as unknown as { toWellFormed(): string }).toWellFormed();
}
