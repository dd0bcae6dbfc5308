/** Calls that were typed by hand: one behind the other, so that answers come in the order of the calls. */

/** Starts a call; `done` says that it was answered. */
export type PlainTask = (done: () => void) => void;

/** The calls of one connection that wait for their turn. */
export class PlainQueue {
  readonly #maxTasks: number;
  readonly #maxLength: number;
  readonly #tasks: { readonly task: PlainTask; readonly length: number }[] = [];
  #length = 0;
  #isBusy = false;

  /**
   * @param maxTasks calls that may wait
   * @param maxLength characters of them
   */
  constructor(maxTasks: number, maxLength: number) {
    this.#maxTasks = maxTasks;
    this.#maxLength = maxLength;
  }

  /** Calls that wait. */
  get size(): number {
    return this.#tasks.length;
  }

  /**
   * Runs a task behind those that are there.
   * @param length characters that it holds
   * @returns `false` if there is no room
   */
  add(task: PlainTask, length: number): boolean {
    if (this.#isBusy && (this.size >= this.#maxTasks || this.#length + length > this.#maxLength))
      return false;
    this.#tasks.push({ task, length });
    this.#length += length;
    if (!this.#isBusy) this.#next();
    return true;
  }

  /** Forgets those that wait. */
  clear(): void {
    this.#tasks.length = 0;
    this.#length = 0;
  }

  #next(): void {
    // A loop where tasks end at once: quick calls neither wait nor pile up on the stack.
    for (;;) {
      const first = this.#tasks.shift();
      this.#isBusy = first !== undefined;
      if (first === undefined) return;
      this.#length -= first.length;
      let isSync = true;
      let isDone = false;
      first.task(() => {
        isDone = true;
        if (!isSync) this.#next();
      });
      isSync = false;
      if (!isDone) return;
    }
  }
}
