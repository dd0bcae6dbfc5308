/**
 * From a text to messages (JSON-RPC 2.0 §4, §5, §6): each is a typed value from here on, or an error object that says
 * what is wrong with it.
 */

import { type ErrorObject, type RpcError, rpcError } from './error-object.js';
import { type JsonError, parseJson } from './json.js';

/** What tells a request from others of its connection; a response has the same, with its type (§4). */
export type Id = string | number | null;

/** What a request says about itself, in the member `meta`; peers that do not know it ignore it. */
export interface Meta {
  /** Milliseconds that are left for the call. */
  readonly timeout?: number;
  /** What the call is known by when it is sent again. */
  readonly idempotencyKey?: string;
  /** Milliseconds since the call was sent for the first time. Only of a call that is sent again. */
  readonly age?: number;
  /** How many items the caller of a stream takes. */
  readonly credit?: number;
}

/** A call, or a notification if it has no `id`. */
export interface RequestMessage {
  readonly kind: 'request';
  readonly id: Id | undefined;
  readonly method: string;
  /** An array, an object, or `undefined`. */
  readonly params: unknown;
  readonly meta: Meta;
}

/** The answer to a call. */
export interface ResponseMessage {
  readonly kind: 'response';
  readonly id: Id;
  readonly result: unknown;
  /** `undefined` if the call succeeded. */
  readonly error: ErrorObject | undefined;
}

/** A call of the codec that is typed by hand. */
export interface PlainCall {
  readonly kind: 'plain';
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Something else; `error` says what is wrong with it. */
export interface InvalidMessage {
  readonly kind: 'invalid';
  readonly id: Id;
  readonly error: RpcError;
  /** What it was to be: ids of requests are the peer's, those of responses are ours, and a response is not answered. */
  readonly role: 'request' | 'response' | 'unknown';
}

/** One element of a text. */
export type Message = RequestMessage | ResponseMessage | InvalidMessage | PlainCall;

/** What is told about the texts of a connection. */
export interface MessageLimits {
  /** How deep JSON may be nested. */
  readonly maxDepth: number;
  /** How many messages a batch may hold. */
  readonly maxBatch: number;
  /** Whether calls without the member `jsonrpc` are taken for those that are typed by hand. */
  readonly plainCalls: boolean;
}

type Members = Readonly<Record<string, unknown>>;

const noMeta: Meta = {};

/**
 * Reads a text.
 * @returns one message, or an array for a batch (§6), which is never empty
 */
export function parseMessage(text: string, limits: MessageLimits): Message | Message[] {
  let value: unknown;
  try {
    value = parseJson(text, limits.maxDepth);
  } catch (error) {
    return invalidJson(error as JsonError);
  }
  if (!Array.isArray(value)) return readMessage(value, limits.plainCalls);
  if (value.length === 0) return invalid(rpcError('INVALID_REQUEST', 'The batch is empty'));
  if (value.length > limits.maxBatch) {
    return invalid(rpcError('INVALID_REQUEST', `At most ${limits.maxBatch} messages in a batch`));
  }
  return value.map((element) => readMessage(element, false));
}

function invalid(error: RpcError, id: Id = null, role: InvalidMessage['role'] = 'request'): InvalidMessage {
  return { kind: 'invalid', id, error, role };
}

/** Whoever waits for an answer is told by its id, where there is one. */
function invalidJson({ fault, message, value }: JsonError): InvalidMessage {
  if (fault === 'syntax') return invalid(rpcError('PARSE_ERROR', message));
  const error = rpcError('INVALID_REQUEST', message);
  return isMembers(value) ? invalid(error, idOf(value) ?? null, roleOf(value)) : invalid(error);
}

function readMessage(value: unknown, plainCalls: boolean): Message {
  if (!isMembers(value)) {
    return invalid(rpcError('INVALID_REQUEST', 'A message is an object or an array of them'));
  }
  if (plainCalls && !('jsonrpc' in value)) return readPlainCall(value);
  const id = idOf(value);
  const fault = faultOf(value);
  if (fault !== undefined) return invalid(rpcError('INVALID_REQUEST', fault), id ?? null, roleOf(value));
  if ('method' in value) return readRequest(value, id);
  const { result, error } = value;
  return { kind: 'response', id: id ?? null, result, error: error as ErrorObject | undefined };
}

/** The id as it may be repeated; `undefined` if there is none. */
function idOf({ id }: Members): Id | undefined {
  return id === undefined || isId(id) ? id : null;
}

function roleOf(value: Members): InvalidMessage['role'] {
  if ('method' in value) return 'request';
  return 'result' in value || 'error' in value ? 'response' : 'unknown';
}

function readRequest(value: Members, id: Id | undefined): RequestMessage | InvalidMessage {
  const { method, params, meta = noMeta } = value;
  const fault = isMembers(meta) ? faultOfMeta(meta) : '"meta" is an object';
  if (fault !== undefined) return invalid(rpcError('INVALID_REQUEST', fault), id ?? null);
  return { kind: 'request', id, method: method as string, params, meta: meta as Meta };
}

/** What a message breaks of §4 and §5. */
function faultOf(value: Members): string | undefined {
  if (value.jsonrpc !== '2.0') return '"jsonrpc" is "2.0"';
  if (value.id !== undefined && !isId(value.id)) return '"id" is a string, a number or null';
  if ('method' in value) {
    if (typeof value.method !== 'string') return '"method" is a string';
    const { params } = value;
    if (params === null || (params !== undefined && typeof params !== 'object')) {
      return '"params" is an object or an array';
    }
    return undefined;
  }
  if ('error' in value === 'result' in value) return 'A request has "method", a response "result" or "error"';
  if (value.id === undefined) return 'A response has an "id"';
  return 'error' in value && !isErrorObject(value.error) ? '"error" has "code" and "message"' : undefined;
}

function faultOfMeta({ timeout, idempotencyKey, age, credit }: Members): string | undefined {
  if (!isOptional(timeout, isDuration)) return '"meta.timeout" is a number of milliseconds';
  if (!isOptional(age, isDuration)) return '"meta.age" is a number of milliseconds';
  if (!isOptional(credit, isCredit)) return '"meta.credit" is a positive integer';
  if (!isOptional(idempotencyKey, isIdempotencyKey)) {
    return '"meta.idempotencyKey" is a string of 16 to 128 characters';
  }
  return undefined;
}

function isOptional(value: unknown, test: (value: unknown) => boolean): boolean {
  return value === undefined || test(value);
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

/** Whether `value` says how many items may be sent. */
export function isCredit(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** Short keys are no keys: somebody else chooses the same. */
function isIdempotencyKey(value: unknown): boolean {
  return typeof value === 'string' && value.length >= 16 && value.length <= 128;
}

function readPlainCall(value: Members): PlainCall | InvalidMessage {
  const { method, args = [] } = value;
  if (typeof method !== 'string' || !Array.isArray(args)) {
    const hint = 'Send {"method": "name", "args": [...]}, or JSON-RPC 2.0 with "jsonrpc": "2.0"';
    return invalid(rpcError('INVALID_REQUEST', hint));
  }
  return { kind: 'plain', method, args };
}

/** Whether `value` is a JSON object. */
export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether `value` may be an id (§4): a number that JavaScript cannot hold exactly could not be repeated. */
function isId(value: unknown): value is Id {
  if (typeof value === 'string' || value === null) return true;
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/** Whether `value` is an error object (§5.1). */
export function isErrorObject(value: unknown): value is ErrorObject {
  return isMembers(value) && Number.isInteger(value.code) && typeof value.message === 'string';
}
