/**
 * What one page is told, a batch at a time. Holds a bounded number of messages for a page that does not keep up, and
 * says how many frames it left out.
 */
import type { WebSocket } from 'hawser';
import { type InspectionMessage, maxWaiting } from './format.js';

/** Messages leave together, in milliseconds after the first. */
const flushDelay = 30;

/** The way to one page. */
export class PageFeed {
  readonly #page: WebSocket;
  #waiting: InspectionMessage[] = [];
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;
  #draining = false;

  constructor(page: WebSocket) {
    this.#page = page;
    page.on('close', () => clearTimeout(this.#timer));
  }

  /** Tells the page soon; nothing once it has gone. */
  tell(message: InspectionMessage): void {
    if (this.#page.readyState !== this.#page.OPEN) return;
    if (this.#waiting.length === maxWaiting) this.#leaveOut();
    this.#waiting.push(message);
    if (!this.#draining) this.#timer ??= setTimeout(() => this.#flush(), flushDelay);
  }

  #leaveOut(): void {
    const oldest = this.#waiting.findIndex(({ type }) => type === 'frame');
    this.#waiting.splice(Math.max(oldest, 0), 1);
    this.#skipped++;
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#page.readyState !== this.#page.OPEN || this.#waiting.length === 0) return;
    const skipped: InspectionMessage[] =
      this.#skipped > 0 ? [{ type: 'skipped', frames: this.#skipped }] : [];
    this.#draining = !this.#page.send(JSON.stringify([...skipped, ...this.#waiting]));
    this.#skipped = 0;
    this.#waiting = [];
    if (!this.#draining) return;
    this.#page.once('drain', () => {
      this.#draining = false;
      this.#flush();
    });
  }
}
