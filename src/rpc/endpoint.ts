/**
 * One end of a connection: reads what the peer sends and gives calls to the answering half, answers to the calling
 * half, and puts the answers to a batch together (JSON-RPC 2.0 §6). Either half may be missing.
 */

import type { Caller } from './client/caller.js';
import { rpcError } from './wire/error-object.js';
import {
  type InvalidMessage,
  type Message,
  type MessageLimits,
  type PlainCall,
  parseMessage,
  type RequestMessage,
  type ResponseMessage,
} from './wire/message.js';
import { answerText } from './wire/text.js';

/** Takes the answer to one call, as text; `undefined` when there is none. Called once. */
export type Answer = (text?: string) => void;

/** The answering half. Its methods must not throw. */
export interface Responder {
  /** A call or a notification. A call in a batch cannot open a stream. */
  request(request: RequestMessage, answer: Answer, inBatch: boolean): void;
  /** A call that was typed by hand, in so many characters. */
  plain(call: PlainCall, answer: Answer, length: number): void;
  /** Something that is no call: its answer is known. */
  invalid(text: string, answer: Answer): void;
  /** The connection has ended. */
  lost(): void;
}

/** Makes the answering half of a new connection. */
export type MakeResponder = (
  send: (text: string) => Promise<void> | undefined,
) => Responder & { lost(): void };

/** What an end is made of. */
export interface EndpointParts {
  readonly caller?: Caller | undefined;
  readonly responder?: Responder | undefined;
  readonly limits: MessageLimits;
  /** Sends a text to the peer. */
  readonly send: (text: string) => void;
}

/** One end of a connection. */
export class Endpoint {
  readonly #parts: EndpointParts;
  readonly #send: Answer;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
    this.#send = (text) => {
      if (text !== undefined) parts.send(text);
    };
  }

  /** The peer sent a text. */
  receive(text: string): void {
    const message = parseMessage(text, this.#parts.limits);
    if (Array.isArray(message)) this.#receiveBatch(message);
    else if (message.kind === 'plain') this.#parts.responder?.plain(message, this.#send, text.length);
    else if (message.kind === 'invalid') this.#receiveInvalid(message, this.#send, false);
    else this.#receiveOne(message, this.#send, false);
  }

  #receiveBatch(messages: Message[]): void {
    const answers: string[] = [];
    let left = messages.length;
    const collect: Answer = (text) => {
      if (text !== undefined) answers.push(text);
      if (--left === 0 && answers.length > 0) this.#parts.send(`[${answers.join(',')}]`);
    };
    for (const message of messages) {
      if (message.kind === 'invalid') this.#receiveInvalid(message, collect, true);
      else if (message.kind !== 'plain') this.#receiveOne(message, collect, true);
    }
  }

  #receiveOne(message: RequestMessage | ResponseMessage, answer: Answer, inBatch: boolean): void {
    const { caller, responder } = this.#parts;
    if (message.kind === 'response') {
      caller?.settle(message);
      answer();
    } else if (message.id === undefined && caller?.receive(message)) answer();
    else if (responder !== undefined) responder.request(message, answer, inBatch);
    else answer(answerWithoutHandlers(message));
  }

  #receiveInvalid({ id, error, role }: InvalidMessage, answer: Answer, inBatch: boolean): void {
    const { caller, responder } = this.#parts;
    const isAwaited = role !== 'request' && caller?.refuse(id, error.message);
    if (isAwaited || role === 'response') {
      answer();
      return;
    }
    const text = answerText(id, { error: JSON.stringify(error) });
    if (inBatch || responder === undefined) answer(text);
    else responder.invalid(text, answer);
  }
}

/** An end that offers no methods: it is alive all the same. */
function answerWithoutHandlers({ id, method }: RequestMessage): string | undefined {
  if (id === undefined) return undefined;
  if (method === 'rpc.ping') return answerText(id, { result: 'null' });
  return answerText(id, { error: JSON.stringify(rpcError('METHOD_NOT_FOUND')) });
}
