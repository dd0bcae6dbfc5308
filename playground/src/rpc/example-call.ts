/** One call of the example API, from its start to its end. Knows nothing of the page's elements. */
import { signal } from '@preact/signals';
import {
  CallTimeoutError,
  NotSentError,
  RpcError,
  RpcErrorCode,
  type StreamSettings,
  UnknownOutcomeError,
} from 'hawser/rpc';

/** How a call is, or ended. */
export type CallState = 'running' | 'answered' | 'failed' | 'cancelled' | 'timedOut' | 'unknown' | 'notSent';

/** What is shown of an error. */
export interface Failure {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  /** JSON. */
  readonly data: string | undefined;
}

/** The kinds of a contract, and that of a call which may be sent again. */
export type CallKind = 'call' | 'idempotent' | 'query' | 'notification' | 'stream';

/** What a call is made of. */
export interface CallPlan {
  readonly number: number;
  readonly method: string;
  readonly kind: CallKind;
  readonly params: object | undefined;
  /** Begins it: an `AsyncIterable` of a stream, else a promise. */
  readonly begin: (params: object | undefined, settings: StreamSettings) => unknown;
}

/** Items of a stream that are kept. */
const keptItems = 24;
/** Items are shown together, in milliseconds after the first. */
const showDelay = 30;

/** A call, and what has come of it. */
export class ExampleCall {
  readonly plan: CallPlan;
  readonly state = signal<CallState>('running');
  /** Milliseconds that it took; `undefined` while it runs. */
  readonly span = signal<number | undefined>(undefined);
  readonly result = signal<unknown>(undefined);
  readonly failure = signal<Failure | undefined>(undefined);
  /** The newest items of a stream. */
  readonly items = signal<readonly unknown[]>([]);
  readonly itemCount = signal(0);
  /** Connections that were lost while it ran, and over which it was sent again. */
  readonly repeats = signal(0);
  readonly isPaused = signal(false);
  readonly #controller = new AbortController();
  readonly #started = performance.now();
  #isLost = false;
  /** Items that are not shown yet. */
  readonly #fresh: unknown[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #resume: () => void = () => undefined;

  constructor(plan: CallPlan) {
    this.plan = plan;
  }

  /** Carries it out; resolves when it has ended, whatever the end. */
  async run(settings: StreamSettings): Promise<void> {
    const { kind, begin, params } = this.plan;
    try {
      const outcome = begin(params, { ...settings, signal: this.#controller.signal });
      if (kind === 'stream') await this.#read(outcome as AsyncIterable<unknown>);
      else this.result.value = await outcome;
      this.#end('answered');
    } catch (error) {
      const isCancelled = this.#controller.signal.aborted;
      if (!isCancelled) this.failure.value = failureOf(error);
      this.#end(isCancelled ? 'cancelled' : endOf(error));
    }
  }

  /** Gives it up; the server is told. */
  cancel(): void {
    this.#controller.abort();
    this.#resume();
  }

  /** Stops reading a stream, or goes on: what is not read is not given credit for. */
  pause(on: boolean): void {
    this.isPaused.value = on;
    if (!on) this.#resume();
  }

  /** The connection was lost. */
  lost(): void {
    this.#isLost = true;
  }

  /** There is another connection: a call that was lost and is still running has been sent again. */
  restored(): void {
    if (this.#isLost && this.state.value === 'running') this.repeats.value++;
    this.#isLost = false;
  }

  async #read(stream: AsyncIterable<unknown>): Promise<void> {
    for await (const item of stream) {
      this.#fresh.push(item);
      this.#timer ??= setTimeout(() => this.#show(), showDelay);
      if (this.isPaused.value) await this.#resumed();
    }
  }

  /** Shows the items that have come; those of a fast stream together. */
  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const fresh = this.#fresh.splice(0);
    this.itemCount.value += fresh.length;
    this.items.value = [...this.items.value, ...fresh].slice(-keptItems);
  }

  #resumed(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  #end(state: CallState): void {
    this.#show();
    this.span.value = performance.now() - this.#started;
    this.state.value = state;
  }
}

function endOf(error: unknown): CallState {
  if (error instanceof UnknownOutcomeError) return 'unknown';
  if (error instanceof NotSentError) return 'notSent';
  const isLate = error instanceof RpcError && error.code === RpcErrorCode.DEADLINE_EXCEEDED;
  return isLate || error instanceof CallTimeoutError ? 'timedOut' : 'failed';
}

function failureOf(error: unknown): Failure {
  const { name, message, code = '', data } = error as Error & { code?: number | string; data?: unknown };
  return { name, code: String(code), message, data: data === undefined ? undefined : JSON.stringify(data) };
}
