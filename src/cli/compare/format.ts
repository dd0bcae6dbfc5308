/**
 * What `hawser serve` and the page tell each other while transports are compared: one text message of JSON each, on the
 * side channel. The page knows this file as well.
 */

/** The transports that are compared, in the order in which they came up. */
export const transports = ['short', 'polling', 'sse', 'websocket'] as const;

/** A transport. */
export type TransportName = (typeof transports)[number];

/** Events a second that a page may choose. */
export const rates = [1, 5, 20] as const;

/** What all transports deliver. */
export interface ComparedEvent {
  /** Counts the events of a run from 1. */
  readonly n: number;
  /** When it happened, in milliseconds by the server's clock. */
  readonly at: number;
  readonly text: string;
}

/** Bytes of TCP connections: those from the browser, and those to it. */
export interface WireBytes {
  readonly up: number;
  readonly down: number;
}

/** What a transport has cost so far; a WebSocket is one request. */
export interface TransportCost extends WireBytes {
  readonly requests: number;
}

/** What the server tells the page. */
export type RunMessage =
  /** The transports' costs, and the number of the newest event; `isOver` once no more events come. */
  | {
      readonly type: 'costs';
      readonly costs: Readonly<Record<TransportName, TransportCost>>;
      readonly last: number;
      readonly isOver: boolean;
    }
  /** The answer to a ping: the server's clock. */
  | { readonly type: 'pong'; readonly at: number };

/** What the page asks of the server. */
export type RunCommand =
  /** Begin with events, so many a second. */
  | { readonly do: 'start'; readonly rate: number }
  /** No more events. */
  | { readonly do: 'stop' }
  /** What time is it? */
  | { readonly do: 'ping' };
