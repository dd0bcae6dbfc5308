/** Something to send that has to wait for what is in front of it, and may itself take time. */
export interface SendTask {
  /** Bytes that it holds while it waits. */
  readonly size: number;
  /** Set where it may never end by itself: a stream. */
  readonly endless?: boolean;
  /** Sends; calls `done` once, at once or later. */
  start(done: () => void): void;
  /** The connection ended before `done`. */
  abort(error: Error): void;
}

/**
 * Keeps the order of messages when one of them has to be compressed on the thread pool, read from a Blob, or
 * streamed: one task runs at a time. Control frames do not pass through it.
 */
export class SendQueue {
  /** Bytes that wait, the task that runs included. */
  bytes = 0;
  private readonly tasks: SendTask[] = [];
  private current: SendTask | null = null;
  private readonly taskDone: () => void;
  private readonly taskFailed: (error: Error) => void;
  /** Inside the loop: a task that is done at once must not start the next one by recursion. */
  private running = false;

  /**
   * @param taskDone called whenever a task is done
   * @param taskFailed called when a task could not start: what it was to send is missing
   */
  constructor(taskDone: () => void, taskFailed: (error: Error) => void) {
    this.taskDone = taskDone;
    this.taskFailed = taskFailed;
  }

  /** Whether a task runs; what is sent now has to be queued. */
  get busy(): boolean {
    return this.current !== null;
  }

  /** Whether a task runs or waits that may never end by itself. */
  get endless(): boolean {
    return this.current?.endless === true || this.tasks.some((task) => task.endless === true);
  }

  /** Runs the task when all before it are done. */
  push(task: SendTask): void {
    this.bytes += task.size;
    this.tasks.push(task);
    if (this.current === null) this.next();
  }

  /** Ends every task with `error`. */
  abort(error: Error): void {
    const tasks = this.current === null ? this.tasks.splice(0) : [this.current, ...this.tasks.splice(0)];
    this.current = null;
    this.bytes = 0;
    for (const task of tasks) task.abort(error);
  }

  private next(): void {
    if (this.running) return;
    this.running = true;
    while (this.current === null && this.tasks.length > 0) {
      const task = this.tasks.shift() as SendTask;
      this.current = task;
      this.start(task);
    }
    this.running = false;
  }

  private start(task: SendTask): void {
    try {
      task.start(() => this.finish(task));
    } catch (error) {
      task.abort(error as Error);
      this.finish(task);
      this.taskFailed(error as Error);
    }
  }

  private finish(task: SendTask): void {
    if (this.current !== task) return;
    this.current = null;
    this.bytes -= task.size;
    this.taskDone();
    this.next();
  }
}
