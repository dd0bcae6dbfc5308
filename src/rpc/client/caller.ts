/**
 * The calling half: gives calls their ids, and answers back to those who wait for them. It knows nothing of contracts
 * and not how a text travels; a connection that is lost and comes back is told to it.
 */

import { type Clock, systemClock } from '../../transport/clock.js';
import { type NotSentError, RpcUsageError } from '../../transport/errors.js';
import type { Link, Outgoing } from '../../transport/link.js';
import { utf8Length } from '../../transport/utf8-length.js';
import type { Schema } from '../contract/schema.js';
import type { ErrorObject } from '../wire/error-object.js';
import {
  type Id,
  isErrorObject,
  isMembers,
  type RequestMessage,
  type ResponseMessage,
} from '../wire/message.js';
import { requestText } from '../wire/text.js';
import type { CallSettings, StreamSettings } from './call-settings.js';
import type { Pending, PendingOwner } from './pending.js';
import { PendingCall } from './pending-call.js';
import { PendingStream } from './pending-stream.js';

/** Options of the calling half. */
export interface CallerOptions {
  readonly clock?: Clock | undefined;
  /** Milliseconds that a call has unless it says otherwise. Default 30,000. */
  readonly timeout?: number | undefined;
  /** Whether requests carry the member `meta`. Default `true`; for servers that refuse what they do not know. */
  readonly metadata?: boolean | undefined;
}

/** What a contract says of a method, or nothing. */
export interface MethodFacts {
  /** Schema of the result, or of the items. */
  readonly output?: Schema | undefined;
  /** Whether the call may be sent again: `query` as it is, `key` with an idempotency key. Default neither. */
  readonly retry?: 'query' | 'key' | undefined;
}

const DEFAULT_TIMEOUT = 30_000;
const DEFAULT_CREDIT = 64;

/** The calling half of one client. */
export class Caller {
  readonly #pending = new Map<number, Pending>();
  readonly #owner: PendingOwner;
  readonly #timeout: number;
  #nextId = 1;

  constructor(link: Link, options: CallerOptions = {}) {
    const { clock = systemClock, timeout = DEFAULT_TIMEOUT, metadata = true } = options;
    this.#owner = { link, clock, metadata, ended: (id) => this.#pending.delete(id) };
    this.#timeout = timeout;
  }

  /** Calls and streams that have not ended. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Calls a method; rejects as the call's settings and the answer have it. */
  call(
    method: string,
    params: unknown,
    settings: CallSettings = {},
    facts: MethodFacts = {},
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { retry } = facts;
      // Without `meta` there is nowhere to put a key: the call is not sent twice.
      const key = retry === 'key' ? (this.#owner.metadata ? randomKey() : undefined) : retry && '';
      const call = new PendingCall(
        this.#owner,
        this.#request(method, params, settings, facts),
        key,
        resolve,
        reject,
      );
      this.#start(call);
    });
  }

  /** Sends a notification; resolves when it has left. */
  notify(method: string, params: unknown, settings: CallSettings = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const text = requestText({ method, params: jsonOf(method, params) });
      this.#owner.link.submit(new Notification(text, resolve, reject), settings.whenOffline ?? 'wait');
    });
  }

  /** Calls a stream: the call is sent when the iteration begins. */
  stream(
    method: string,
    params: unknown,
    settings: StreamSettings = {},
    facts: MethodFacts = {},
  ): AsyncIterable<unknown> {
    const window = settings.credit ?? DEFAULT_CREDIT;
    if (!Number.isSafeInteger(window) || window < 1) {
      throw new RpcUsageError('RPC_ERR_INVALID_ARGUMENT', '"credit" is a positive integer');
    }
    const { reconnect } = settings;
    const paramsAfter =
      reconnect &&
      ((last: unknown) => jsonOf(method, reconnect === true ? params : (reconnect(last) as unknown)));
    const plan = { window, paramsAfter, wantsLast: typeof reconnect === 'function' };
    return {
      [Symbol.asyncIterator]: () => {
        const request = this.#request(method, params, settings, facts);
        return this.#start(new PendingStream(this.#owner, request, plan));
      },
    };
  }

  /** The peer answered. Answers to calls that nobody waits for any more are ignored. */
  settle({ id, result, error }: ResponseMessage): void {
    if (typeof id === 'number') this.#pending.get(id)?.settle(result, error);
  }

  /**
   * The peer answered with something that is no answer.
   * @returns whether somebody waited for it
   */
  refuse(id: Id, why: string): boolean {
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    pending?.refuse(why);
    return pending !== undefined;
  }

  /**
   * The peer sent a notification.
   * @returns whether it belongs to a stream
   */
  receive({ method, params }: RequestMessage): boolean {
    if (!method.startsWith('rpc.stream.') || !isMembers(params)) return false;
    const stream = this.#pending.get(params.id as number);
    if (!(stream instanceof PendingStream)) return method !== 'rpc.stream.credit';
    if (method === 'rpc.stream.item') stream.item(params.seq, params.item);
    else if (method === 'rpc.stream.end') stream.ended(params.seq, undefined);
    else if (method === 'rpc.stream.error') stream.ended(params.seq, errorObjectOf(params.error));
    else return false;
    return true;
  }

  /**
   * The connection was lost; there may be another.
   * @param mayRepeat whether what was under way may be sent again, where it may be sent twice at all. Default `true`;
   * not if one of the messages is likely to be why the connection was lost
   */
  lost(mayRepeat = true): void {
    for (const pending of [...this.#pending.values()]) pending.lost(mayRepeat);
  }

  /** There is another connection. */
  restored(): void {
    for (const pending of [...this.#pending.values()]) pending.restored();
  }

  /** There will be none. */
  close(error: NotSentError): void {
    for (const pending of [...this.#pending.values()]) pending.closed(error);
  }

  #request(method: string, params: unknown, settings: CallSettings, facts: MethodFacts) {
    const { timeout = this.#timeout, signal, whenOffline = 'wait' } = settings;
    const { output } = facts;
    return {
      id: this.#nextId++,
      method,
      params: jsonOf(method, params),
      output,
      timeout,
      signal,
      whenOffline,
    };
  }

  #start<P extends Pending>(pending: P): P {
    this.#pending.set(pending.id, pending);
    pending.start();
    return pending;
  }
}

/** 128 random bits. `crypto.randomUUID` is not there for pages that came by plain HTTP from another machine. */
function randomKey(): string {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

/** JSON of parameters, which are an object or an array (JSON-RPC 2.0 §4.2). */
function jsonOf(method: string, params: unknown): string | undefined {
  if (params === undefined) return undefined;
  if (typeof params !== 'object' || params === null) {
    throw new RpcUsageError('RPC_ERR_INVALID_ARGUMENT', `${method}: parameters are an object or an array`);
  }
  try {
    return JSON.stringify(params);
  } catch (cause) {
    const message = `${method}: the parameters cannot be JSON: ${(cause as Error).message}`;
    throw new RpcUsageError('RPC_ERR_INVALID_ARGUMENT', message, { cause });
  }
}

function errorObjectOf(value: unknown): ErrorObject {
  return isErrorObject(value) ? value : { code: 0, message: 'The stream failed' };
}

class Notification implements Outgoing {
  readonly #text: string;
  readonly sent: () => void;
  readonly failed: (error: NotSentError) => void;

  constructor(text: string, sent: () => void, failed: (error: NotSentError) => void) {
    this.#text = text;
    this.sent = sent;
    this.failed = failed;
  }

  size(): number {
    return utf8Length(this.#text);
  }

  text(): string {
    return this.#text;
  }
}
