/** Messages by long polling: a response that waits until there is something to say, and then is over. */

import type { ServerResponse } from 'node:http';
import { nextTick } from 'node:process';
import { type Downstream, type Ending, type Opening, type Source, uncached } from './downstream.js';

/** Bytes of one answer, but for a message that is longer: an answer that is lost has to be there still. */
const MAX_LENGTH = 524_288;

/** What a poll is answered. */
interface Answer {
  readonly session?: Opening;
  readonly messages: readonly string[];
  readonly close?: Ending | undefined;
}

/** A response that answers one poll. */
export class LongPoll implements Downstream {
  readonly name = 'polling';
  readonly writableLength = 0;
  readonly #response: ServerResponse;
  readonly #source: Source;
  readonly #opening: Opening | undefined;
  readonly #until: number;
  readonly #maxLength: number;
  #isScheduled = false;
  #isOver = false;

  /**
   * @param opening of a session that begins: that is answered at once
   * @param resumeBuffer bytes that are kept of what was handed over
   * @param until monotonic time at which it is answered in any case
   */
  constructor(
    response: ServerResponse,
    source: Source,
    { opening, until, resumeBuffer }: { opening: Opening | undefined; until: number; resumeBuffer: number },
  ) {
    this.#maxLength = Math.min(MAX_LENGTH, resumeBuffer / 2);
    this.#response = response;
    this.#source = source;
    this.#opening = opening;
    this.#until = until;
    response.on('close', () => this.#ended());
  }

  start(): void {
    if (this.#opening === undefined) this.wake();
    else this.#answer({ session: this.#opening, messages: [] });
  }

  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    nextTick(() => this.#flush());
  }

  end(): void {
    this.#answer({ messages: [] });
  }

  destroy(): void {
    this.#isOver = true;
    this.#response.destroy();
  }

  tick(now: number): void {
    if (now >= this.#until) this.end();
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#isOver) return;
    const messages: string[] = [];
    for (let length = 0; length < this.#maxLength; ) {
      const text = this.#source.take();
      if (text === undefined) break;
      messages.push(text);
      length += Buffer.byteLength(text);
    }
    const close = this.#source.takeEnding();
    if (messages.length > 0 || close !== undefined) this.#answer({ messages, close });
    this.#source.flushed();
  }

  #answer(answer: Answer): void {
    if (this.#isOver) return;
    const body = JSON.stringify(answer);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    this.#response.writeHead(200, { ...uncached, ...headers });
    this.#response.end(body);
    this.#ended();
  }

  #ended(): void {
    this.#isOver = true;
    this.#source.detach(this);
  }
}
