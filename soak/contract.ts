/** What the two sides of the soak offer each other. */
import { call, contract, query, stream, unchecked } from 'hawser/rpc';

/** What a call is told. */
export interface Task {
  /** The call, over the whole run. */
  readonly id: string;
  /** Milliseconds that its handler is busy. */
  readonly work: number;
  /** Whether its handler throws, with the id in the error's data. */
  readonly fails: boolean;
  /** So that messages have many sizes. */
  readonly padding: string;
}

/** What a call answers. */
export interface Answer {
  /** The id of the call that it answers. */
  readonly id: string;
  readonly padding: string;
}

/** Which items a stream is to have. */
export interface Range {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  /** Milliseconds between two items. */
  readonly pause: number;
}

/** An item of a stream. */
export interface Item {
  /** The id of the stream that it belongs to. */
  readonly id: string;
  readonly number: number;
}

/** The error code of handlers that are told to fail. */
export const APPLICATION_ERROR = 1000;

const task = { input: unchecked<Task>(), output: unchecked<Answer>() };

/** What the server offers. */
export const api = contract({
  plain: call(task),
  query: query(task),
  idempotent: call({ ...task, idempotent: true }),
  /** The handler calls `confirm` of the client before it answers. */
  callBack: call(task),
  count: stream({ input: unchecked<Range>(), item: unchecked<Item>() }),
});

/** What clients offer. */
export const clientApi = contract({ confirm: call(task) });
