/** Messages by Server-Sent Events (WHATWG HTML §9.2). */

import type { ServerResponse } from 'node:http';
import { nextTick } from 'node:process';
import { type Downstream, type Opening, type Source, uncached } from './downstream.js';

/** Characters that are written at once. */
const CHUNK_LENGTH = 16_384;

/**
 * Formats a text as an event: of the type `message`, or `json` where it has a carriage return, which no line of data
 * can have. Then the data is the text as a JSON string.
 * @param id the event's id; by default it has none
 */
export function formatText(text: string, id?: string): string {
  const first = id === undefined ? '' : `id: ${id}\n`;
  if (text.includes('\r')) return `${first}event: json\ndata: ${JSON.stringify(text)}\n\n`;
  return `${first}data: ${text.includes('\n') ? text.replaceAll('\n', '\ndata: ') : text}\n\n`;
}

/** Formats an event whose data is JSON. */
export function formatEvent(type: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Times of an event stream, in milliseconds. */
export interface EventStreamTimes {
  /** Without an event for so long a comment is written. */
  readonly keepAlive: number;
  /** After so long it ends, so that a client that is gone is found out. */
  readonly streamLifetime: number;
  /** Tells an `EventSource` when to come back. */
  readonly retry: number;
}

/** A response that is an event stream. */
export class EventStream implements Downstream {
  readonly name = 'sse';
  readonly #response: ServerResponse;
  readonly #source: Source;
  readonly #opening: Opening;
  readonly #times: EventStreamTimes;
  /** What the ids of events begin with; `undefined`: they have none. */
  readonly #idPrefix: string | undefined;
  readonly #begun: number;
  /** When `tick` last saw that something had been written. */
  #writtenAt: number;
  /** When its time was over. */
  #finishedAt = Number.POSITIVE_INFINITY;
  #hasWritten = false;
  #isFull = false;
  #isScheduled = false;
  #isOver = false;

  /**
   * @param opening the session
   * @param hasIds whether events have ids: an `EventSource` needs them to resume, who counts does not
   * @param now monotonic time
   */
  constructor(
    response: ServerResponse,
    source: Source,
    {
      opening,
      hasIds,
      times,
      now,
    }: { opening: Opening; hasIds: boolean; times: EventStreamTimes; now: number },
  ) {
    this.#response = response;
    this.#source = source;
    this.#times = times;
    this.#idPrefix = hasIds ? `${opening.session}.${opening.key}.` : undefined;
    this.#begun = now;
    this.#writtenAt = now;
    response.on('drain', () => this.#drained());
    response.on('close', () => this.#ended());
    this.#opening = opening;
  }

  get writableLength(): number {
    return this.#response.writableLength;
  }

  start(): void {
    this.#response.writeHead(200, { ...uncached, 'content-type': 'text/event-stream' });
    this.#write(`retry: ${this.#times.retry}\n${formatEvent('session', this.#opening, this.#id())}`);
    this.wake();
  }

  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // What is sent within a turn leaves together.
    nextTick(() => this.#flush());
  }

  end(): void {
    // The client reads another one: what waits in this one would wait for ever.
    if (this.#isFull) this.destroy();
    else this.#finish();
  }

  destroy(): void {
    this.#isOver = true;
    this.#response.destroy();
  }

  tick(now: number): void {
    if (this.#isOver) {
      if (now - this.#finishedAt >= this.#times.streamLifetime) this.destroy();
      return;
    }
    if (this.#hasWritten) this.#writtenAt = now;
    this.#hasWritten = false;
    if (now - this.#begun >= this.#times.streamLifetime) this.#finish(now);
    else if (now - this.#writtenAt >= this.#times.keepAlive && !this.#isFull) this.#write(':\n\n');
  }

  #flush(): void {
    this.#isScheduled = false;
    while (!this.#isFull && !this.#isOver) {
      const chunk = this.#chunk();
      if (chunk === '') break;
      this.#write(chunk);
    }
    if (!this.#isFull && !this.#isOver) this.#flushEnding();
    this.#source.flushed();
  }

  #chunk(): string {
    let chunk = '';
    while (chunk.length < CHUNK_LENGTH) {
      const text = this.#source.take();
      if (text === undefined) break;
      chunk += formatText(text, this.#id());
    }
    return chunk;
  }

  #flushEnding(): void {
    const ending = this.#source.takeEnding();
    if (ending === undefined) return;
    this.#write(formatEvent('close', ending));
    this.#finish();
  }

  /** Ends it behind what waits. Who never reads that is found out by `tick`. */
  #finish(now = Number.POSITIVE_INFINITY): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finishedAt = now;
    this.#response.end();
  }

  #write(text: string): void {
    this.#hasWritten = true;
    this.#isFull = !this.#response.write(text);
  }

  #drained(): void {
    this.#isFull = false;
    this.#flush();
  }

  #ended(): void {
    this.#isOver = true;
    this.#source.detach(this);
  }

  #id(): string | undefined {
    return this.#idPrefix === undefined ? undefined : `${this.#idPrefix}${this.#source.taken}`;
  }
}
