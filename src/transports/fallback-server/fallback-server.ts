import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { rethrow } from '../../node/rethrow.js';
import { TypedEmitter } from '../../node/typed-emitter.js';
import { CloseCode, isValidCloseCode } from '../../protocol/close-codes.js';
import { closeFrameOf, type DrainOptions, type DrainResult, drainConnections } from '../../server/drain.js';
import { forwardedAddress } from '../../server/remote-address.js';
import { admit } from '../../server/upgrade.js';
import { Cors } from './cors.js';
import { type Ending, uncached } from './downstream.js';
import { EventStream } from './event-stream.js';
import { type FallbackServerOptions, type FallbackSettings, settingsOf } from './fallback-options.js';
import { FallbackSocket } from './fallback-socket.js';
import { LongPoll } from './long-poll.js';
import { impossible, malformed, Refusal, refusalOf, refuse } from './refusal.js';
import { maxBodyLength, type Pace, readMessages } from './request-body.js';
import { numberOf, readSessionRequest, type SessionRequest } from './session-request.js';

/** Events of a `FallbackServer`. */
export interface FallbackServerEvents<Context> {
  /** A session has begun. */
  connection: [socket: FallbackSocket<Context>, request: IncomingMessage];
}

/** A body that comes more slowly than 10 kB a second is given up. */
const MIN_BYTES_PER_MILLISECOND = 10;
/** Milliseconds between looks at all sessions. */
const TICK = 1000;

/** Who makes a request. */
interface Admission<Context> {
  readonly context: Context;
  readonly principal: string | undefined;
}

/**
 * Serves clients whose network lets no WebSocket through: Server-Sent Events or long polling down, POST up. It has no
 * port and no path of its own: `http.createServer(fallback.handle)`, or a route of a framework.
 */
export class FallbackServer<Context = unknown> extends TypedEmitter<FallbackServerEvents<Context>> {
  readonly #options: FallbackServerOptions<Context>;
  readonly #settings: FallbackSettings;
  readonly #cors: Cors;
  readonly #sessions = new Map<string, FallbackSocket<Context>>();
  #pending = 0;
  /** Sessions that are not over. */
  #open = 0;
  #timer: unknown;
  /** What newcomers are told once it drains. */
  #refused: Refusal | undefined;

  /** @throws UsageError for options that make no sense */
  constructor(options: FallbackServerOptions<Context> = {}) {
    super();
    this.#options = options;
    this.#settings = settingsOf(options);
    this.#cors = new Cors(options.cors);
  }

  /** The sessions that are open. */
  get clients(): Set<FallbackSocket<Context>> {
    return new Set([...this.#sessions.values()].filter(({ readyState }) => readyState < 3));
  }

  /** Answers a request. It may be handed around: it needs no `this`. Never throws. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    response.on('error', () => undefined);
    this.#answer(request, response).catch((error: unknown) => {
      // There is nobody to answer any more.
      if (request.destroyed && !response.writable) return;
      const refusal = refusalOf(error);
      refuse(response, refusal);
      if (refusal.cause !== undefined) this.#report(refusal.cause, request);
    });
  };

  /**
   * Takes no new sessions, and closes those that there are a batch at a time.
   * @throws UsageError as `drain` of a WebSocketServer
   */
  drain(options: DrainOptions = {}): Promise<DrainResult> {
    const { code, reason } = closeFrameOf(options);
    this.#refused = new Refusal(503, code, reason);
    return drainConnections(this.clients, options, this.#settings.clock);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers } = request;
    for (const [name, value] of Object.entries(this.#cors.headers(headers.origin))) {
      if (name === 'vary') response.appendHeader(name, value);
      else response.setHeader(name, value);
    }
    if (method === 'OPTIONS') {
      this.#preflight(request, response);
      return;
    }
    if (method !== 'GET' && method !== 'POST') {
      throw new Refusal(405, 4405, 'GET or POST', { headers: { allow: 'GET, POST, OPTIONS' } });
    }
    // A WebSocket's opening handshake comes here where nobody listens for it, or where a proxy took its "Upgrade" away.
    if (headers['sec-websocket-key'] !== undefined) throw malformed('WebSockets are not served here');
    const asked = readSessionRequest(request);
    await this.#inTime(response, async (pace) => {
      const { signal } = pace;
      const admission = await this.#admitTo(asked, request, signal);
      const messages = method === 'POST' ? await this.#read(asked, admission, request, pace) : undefined;
      // Whoever was told that it took too long may not be served after all.
      signal.throwIfAborted();
      if (messages === undefined) this.#listen(asked, admission, request, response);
      else this.#receive(asked, admission, messages, response);
    });
  }

  #preflight({ headers }: IncomingMessage, response: ServerResponse): void {
    const { origin } = headers;
    if (origin === undefined || !this.#cors.allows(origin)) throw new Refusal(403, 4403, 'Origin refused');
    response.writeHead(204, this.#cors.preflightHeaders()).end();
  }

  /** Bounds how many requests are under way, and for how long: a body has more time the more of it has come. */
  async #inTime(response: ServerResponse, work: (pace: Pace) => Promise<void>): Promise<void> {
    const { clock, requestTimeout, maxPendingRequests } = this.#settings;
    if (this.#pending >= maxPendingRequests)
      throw new Refusal(503, CloseCode.TRY_AGAIN_LATER, 'too many requests');
    const controller = new AbortController();
    const { signal } = controller;
    const gone = () => controller.abort(new Refusal(408, 4408, 'the client has gone'));
    const supersede = () => controller.abort(new Refusal(408, 4408, 'the request was made again'));
    const late = () => controller.abort(new Refusal(408, 4408, 'the request took too long'));
    let timer = clock.setTimeout(late, requestTimeout);
    const begun = clock.monotonic();
    let received = 0;
    const arrived = (bytes: number): void => {
      received += bytes;
      clock.clearTimeout(timer);
      const end = begun + requestTimeout + received / MIN_BYTES_PER_MILLISECOND;
      timer = clock.setTimeout(late, Math.max(0, end - clock.monotonic()));
    };
    response.once('close', gone);
    this.#pending++;
    try {
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      await Promise.race([work({ signal, arrived, supersede }), aborted]);
    } finally {
      this.#pending--;
      response.removeListener('close', gone);
      clock.clearTimeout(timer);
    }
  }

  /** Asks who it is. A client that is refused gives its session up: nobody would come for it any more. */
  async #admitTo(
    { id = '', key }: SessionRequest,
    request: IncomingMessage,
    signal: AbortSignal,
  ): Promise<Admission<Context>> {
    try {
      return await this.#admit(request, signal);
    } catch (error) {
      const { code, message } = refusalOf(error);
      const socket = this.#sessions.get(id);
      if (key !== undefined && code >= 4400 && socket?.hasKey(key)) socket.close(code, message);
      throw error;
    }
  }

  async #admit(request: IncomingMessage, signal: AbortSignal): Promise<Admission<Context>> {
    const { authenticate, principal } = this.#options;
    const { origin, 'sec-fetch-site': site } = request.headers;
    const isListed = this.#cors.allows(origin ?? '');
    // Some requests of foreign pages have no Origin; browsers say of them where they come from (Fetch Metadata).
    const isForeign = origin === undefined && (site === 'cross-site' || site === 'same-site');
    if (isForeign || this.#cors.refusesCookies(request)) throw new Refusal(403, 4403, 'Origin refused');
    const policy = { authenticate, ...(!isListed && { allowedOrigins: this.#settings.allowedOrigins }) };
    const context = (await admit(request, { origin }, policy, { signal })) as Context;
    return { context, principal: principal?.(context) };
  }

  #listen(
    asked: SessionRequest,
    admission: Admission<Context>,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (asked.accepts === 'neither') throw new Refusal(406, 4406, 'text/event-stream or application/json');
    if (response.destroyed) return;
    const isNew = asked.key === undefined;
    const socket = isNew ? this.#begin(asked, admission, request) : this.#find(asked, admission);
    // Nobody waits for the answer: the session goes on elsewhere.
    if (socket.isOutdated(asked.after)) throw impossible(409);
    const { clock, pollTimeout, resumeBuffer } = this.#settings;
    const now = clock.monotonic();
    const isAttached = socket.attach(asked.after, (source, opening) =>
      asked.accepts === 'sse'
        ? new EventStream(response, source, { opening, hasIds: asked.hasIds, times: this.#settings, now })
        : new LongPoll(response, source, {
            opening: isNew ? opening : undefined,
            until: now + pollTimeout,
            resumeBuffer,
          }),
    );
    if (!isAttached) {
      socket.terminate();
      throw impossible();
    }
    if (isNew) this.#announce(socket, request);
  }

  /** Reads the body of a POST, if there is somebody to take it. */
  async #read(
    asked: SessionRequest,
    admission: Admission<Context>,
    request: IncomingMessage,
    pace: Pace,
  ): Promise<readonly string[]> {
    const socket = this.#find(asked, admission);
    const isLast = socket.beginBody(pace.supersede);
    try {
      return await readMessages(request, maxBodyLength(this.#settings.maxPayload), pace);
    } catch (error) {
      // As above, unless the client makes the request again.
      const isFinal = error instanceof Refusal && error.status !== 408 && isLast();
      if (isFinal) socket.close(error.code, error.message);
      throw error;
    }
  }

  #receive(
    asked: SessionRequest,
    admission: Admission<Context>,
    messages: readonly string[],
    response: ServerResponse,
  ): void {
    const first = numberOf(asked.query, 'first');
    if (first === 0) throw malformed('"first" counts from 1');
    const ending = endingOf(asked.query);
    // It may have ended since its body began.
    const socket = this.#find(asked, admission);
    socket.acknowledge(asked.after);
    if (!socket.receive(first, messages)) {
      socket.terminate();
      throw impossible(409);
    }
    if (ending !== undefined) socket.closedByClient(...ending);
    response.writeHead(204, uncached).end();
  }

  #begin(
    asked: SessionRequest,
    { context, principal }: Admission<Context>,
    request: IncomingMessage,
  ): FallbackSocket<Context> {
    const { maxSessions, trustProxy } = this.#settings;
    const id = asked.id ?? randomBytes(16).toString('base64url');
    if (this.#refused !== undefined) throw this.#refused;
    // Those that are over are kept for a while, to say how they ended.
    if (this.#open >= maxSessions || this.#sessions.size >= maxSessions * 2) {
      throw new Refusal(503, CloseCode.TRY_AGAIN_LATER, 'retry-after=5', { headers: { 'retry-after': '5' } });
    }
    if (this.#sessions.has(id)) throw impossible(409);
    const socket = new FallbackSocket<Context>({
      ...this.#settings,
      opening: {
        session: id,
        key: randomBytes(24).toString('base64url'),
        protocol: this.#chooseProtocol(asked.protocols, request),
      },
      context,
      principal,
      remoteAddress: forwardedAddress(request, trustProxy) ?? request.socket.remoteAddress,
    });
    this.#sessions.set(id, socket);
    this.#open++;
    socket.once('close', () => this.#open--);
    this.#timer ??= this.#nextTick();
    return socket;
  }

  #announce(socket: FallbackSocket<Context>, request: IncomingMessage): void {
    try {
      this.emit('connection', socket, request);
    } catch (error) {
      rethrow(error);
    }
  }

  #chooseProtocol(offered: ReadonlySet<string>, request: IncomingMessage): string {
    const { handleProtocols } = this.#options;
    if (offered.size === 0) return '';
    if (handleProtocols) return handleProtocols(new Set(offered), request) || '';
    return offered.values().next().value as string;
  }

  #find({ id, key }: SessionRequest, { principal }: Admission<Context>): FallbackSocket<Context> {
    if (id === undefined || key === undefined)
      throw malformed('"session" and the header "Hawser-Key" are missing');
    const socket = this.#sessions.get(id);
    if (socket === undefined || socket.isLost) throw impossible();
    if (!socket.isOwnedBy(key, principal)) throw impossible(403);
    return socket;
  }

  /** One timer for all sessions; none while there is no session. */
  #nextTick(): unknown {
    const { clock } = this.#settings;
    const timer = clock.setTimeout(() => {
      const now = clock.monotonic();
      for (const [id, socket] of this.#sessions) if (!socket.tick(now)) this.#sessions.delete(id);
      this.#timer = this.#sessions.size > 0 ? this.#nextTick() : undefined;
    }, TICK);
    // Sessions whose HTTP server is gone are no reason for a process to stay.
    (timer as { unref?: () => void }).unref?.();
    return timer;
  }

  /** A hook that fails has nobody to tell, and must not end the process of all sessions. */
  #report(error: unknown, request: IncomingMessage): void {
    const { onError } = this.#options;
    if (onError === undefined) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.emitWarning('A request of a fallback session failed', { code: 'HAWSER_CHECK_FAILED', detail });
      return;
    }
    try {
      onError(error, request);
    } catch {
      // As above.
    }
  }
}

/** How the client ends its session; `undefined` if it does not. @throws Refusal for what a page cannot send either */
function endingOf(query: URLSearchParams): Ending | undefined {
  if (!query.has('code')) return undefined;
  const code = numberOf(query, 'code');
  const reason = query.get('reason') ?? '';
  if (!isValidCloseCode(code) || Buffer.byteLength(reason) > 123) throw malformed('"code" is no close code');
  return [code, reason];
}
