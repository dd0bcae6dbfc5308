/** What has come and was not asked for yet, or was asked for and has not come yet. */

export class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #waiting: { resolve: (item: Item) => void; reject: (error: Error) => void }[] = [];
  #end: Error | undefined;

  add(item: Item): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting.resolve(item);
  }

  /** Nothing more comes: whoever waits is told why. */
  end(reason: Error): void {
    this.#end = reason;
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  /** The next item, in the order in which they came. */
  take(): Promise<Item> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift() as Item);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}

/** The messages of an end, and how it was closed. */
export class Received<Message> {
  readonly messages = new Inbox<Message>();
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  close: (code: number, reason: string) => void = () => {};

  constructor() {
    this.closed = new Promise((resolve) => {
      this.close = (code, reason) => {
        this.messages.end(new Error(`closed with ${code} ${reason}`));
        resolve({ code, reason });
      };
    });
  }
}
