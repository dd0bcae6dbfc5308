/** The comparison of transports as data: what is compared, and what its processes say to each other. */

/** How events come to clients, in the order of the table. */
export const transports = ['short polling', 'long polling', 'SSE', 'WebSocket'] as const;
export type Transport = (typeof transports)[number];

/** How many clients get every event, and how many events there are in a second. */
export interface Combination {
  readonly clients: number;
  readonly rate: number;
}

/**
 * Fewer events than one in 5 s say nothing new: nearly all of short polling's answers are empty then, and the others
 * cost per event what they cost.
 */
export const combinations: readonly Combination[] = [1, 100, 1000].flatMap((clients) =>
  [0.2, 1, 10].map((rate) => ({ clients, rate })),
);

/** Milliseconds from one short poll of a client to its next. */
export const pollInterval = 1000;
/** Bytes of an event. */
export const eventSize = 100;

/** A server event. It is sent as JSON, with a text that fills it up to `eventSize`. */
export interface ServerEvent {
  /** Counted from 1, without gaps. */
  readonly number: number;
  /** Milliseconds by `now`. */
  readonly madeAt: number;
}

/** Tells the server to make events evenly and say when the last one is made, or to be measured. */
export type ServerOrder = WarmUpOrder | MeasureOrder;

/** So many events in so many seconds; then a `Mark`. */
export interface WarmUpOrder {
  readonly kind: 'warm up';
  readonly events: number;
  readonly seconds: number;
}

/**
 * One event in each period, at a random time of this server's slot; two `Mark`s, around so many periods. There are
 * events for a second before, and for ever behind: what is on its way at one mark weighs against that at the other.
 */
export interface MeasureOrder {
  readonly kind: 'measure';
  readonly rate: number;
  readonly periods: number;
  readonly slot: number;
  readonly slots: number;
}

/** What the server has counted until now. */
export interface Mark {
  /** Milliseconds by `now`. */
  readonly time: number;
  /** Number of the last event. */
  readonly last: number;
  /** Bytes on all its TCP connections, in both directions. */
  readonly bytes: number;
  readonly requests: number;
}

/** What the loader is started with. It says so when all clients are there. */
export interface LoaderSettings extends Combination {
  readonly transport: Transport;
  readonly port: number;
}

/** Tells the loader that the warm-up is over, or asks for the events `first` to `last` once all clients have them. */
export type LoaderOrder = { readonly kind: 'warm' } | DeliveryOrder;

export interface DeliveryOrder {
  readonly kind: 'delivered';
  readonly first: number;
  readonly last: number;
}

/** How long each delivery took, in milliseconds. */
export interface Deliveries {
  readonly latencies: readonly number[];
}

/** Milliseconds by a clock that all processes of a machine share, and that nobody sets. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
