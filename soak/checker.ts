/**
 * Proves from the logs of a soak, when it is over, that RPC kept its word. It knows nothing of hawser: only what was
 * promised of calls and streams.
 */
import type { CallKind, OutcomeClass, Side, SoakEvent } from './journal.js';

/** What a soak came to. */
export interface Verdict {
  /** One sentence each. */
  readonly violations: readonly string[];
  readonly calls: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Connections that each kind of fault hit. */
  readonly faults: Readonly<Record<string, number>>;
  readonly items: number;
  /** Connections by each transport, and what became of them. */
  readonly transports: Readonly<Record<string, number>>;
}

/** What is known of one call. */
interface Recorded {
  kind: CallKind | undefined;
  length: number;
  runs: number;
  /** Items that came. */
  items: number;
  outcome: OutcomeClass | undefined;
}

type Outcome = Extract<SoakEvent, { event: 'outcome' }>;
type Item = Extract<SoakEvent, { event: 'item' }>;

/** Kinds whose handlers run once at most. */
const atMostOnce: ReadonlySet<CallKind> = new Set(['plain', 'idempotent', 'callBack', 'reverse']);
/** Classes of which nothing left. */
const neverLeft: ReadonlySet<OutcomeClass> = new Set(['not-sent', 'timeout-not-sent']);
/** An error of a handler; it has the id of the call. */
const HANDLER_ERROR = 1000;
/** That, and what the server says of calls that were taken back or whose time was over. */
const remoteCodes: ReadonlySet<number> = new Set([HANDLER_ERROR, -32_003, -32_004]);

/** Takes the events of both sides in any order of sides, and judges at the end. */
export class Checker {
  readonly #records = new Map<string, Recorded>();
  readonly #violations: string[] = [];
  readonly #calls: Record<string, number> = {};
  readonly #outcomes: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};
  readonly #transports: Record<string, number> = {};
  readonly #finished = new Set<Side>();
  #items = 0;

  /** Takes an event. Those of one side come in the order in which they were written. */
  add(event: SoakEvent): void {
    switch (event.event) {
      case 'issued':
        this.#issued(event.id, event.kind, event.length ?? 0);
        return;
      case 'outcome':
        this.#outcome(event);
        return;
      case 'ran':
        this.#record(event.id).runs++;
        return;
      case 'item':
        this.#item(event);
        return;
      case 'fault':
        count(this.#faults, event.fault, event.connections);
        return;
      case 'transport':
        count(this.#transports, event.change);
        return;
      case 'registry':
        if (event.size !== 0) this.#violations.push(`${event.name}: ${event.size} left`);
        return;
      case 'error':
        this.#violations.push(`an error that nobody expects: ${event.message}`);
        return;
      case 'finished':
        this.#finished.add(event.side);
    }
  }

  /** What it came to, when all events were taken. */
  verdict(): Verdict {
    const violations = [...this.#violations];
    for (const side of ['clients', 'server'] as const) {
      if (!this.#finished.has(side)) violations.push(`the log of the ${side} has no end`);
    }
    for (const [id, record] of this.#records) violations.push(...violationsOf(id, record));
    return {
      violations,
      calls: this.#calls,
      outcomes: this.#outcomes,
      faults: this.#faults,
      items: this.#items,
      transports: this.#transports,
    };
  }

  #record(id: string): Recorded {
    let record = this.#records.get(id);
    if (record === undefined) {
      record = { kind: undefined, length: 0, runs: 0, items: 0, outcome: undefined };
      this.#records.set(id, record);
    }
    return record;
  }

  #issued(id: string, kind: CallKind, length: number): void {
    const record = this.#record(id);
    if (record.kind !== undefined) this.#violations.push(`${kind} ${id}: issued twice`);
    record.kind = kind;
    record.length = length;
    count(this.#calls, kind);
  }

  #outcome({ id, class: outcome, answers, code, message }: Outcome): void {
    const record = this.#record(id);
    const name = `${record.kind} ${id}`;
    if (record.outcome !== undefined) {
      this.#violations.push(`${name}: two outcomes, ${record.outcome} and ${outcome}`);
    }
    record.outcome = outcome;
    count(this.#outcomes, outcome);
    if (outcome === 'other') this.#violations.push(`${name}: ${message}`);
    if (outcome === 'remote' && !remoteCodes.has(code ?? 0)) {
      this.#violations.push(`${name}: the error ${code}, ${message}`);
    }
    const hasId = (outcome === 'ok' && record.kind !== 'stream') || code === HANDLER_ERROR;
    if (hasId && answers !== id) this.#violations.push(`${name}: got the answer of ${answers}`);
  }

  #item({ id, of, number }: Item): void {
    const record = this.#record(id);
    this.#items++;
    if (of !== id) this.#violations.push(`stream ${id}: got an item of ${of}`);
    if (record.outcome !== undefined) this.#violations.push(`stream ${id}: item ${number} behind its end`);
    if (number !== record.items + 1) {
      this.#violations.push(`stream ${id}: item ${number} came where ${record.items + 1} was due`);
    }
    record.items = number;
  }
}

/** What is wrong with a call as a whole. */
function violationsOf(id: string, { kind, length, runs, items, outcome }: Recorded): string[] {
  const name = `${kind} ${id}`;
  if (kind === undefined) return [`${id}: was never issued`];
  if (outcome === undefined) return [`${name}: has no outcome`];
  const found: string[] = [];
  if (atMostOnce.has(kind) && runs > 1) found.push(`${name}: ran ${runs} times`);
  if (neverLeft.has(outcome) && runs > 0) found.push(`${name}: ran, and its outcome is ${outcome}`);
  if (outcome === 'ok' && runs === 0) found.push(`${name}: is ok and never ran`);
  if (kind === 'stream' && outcome === 'ok' && items !== length) {
    found.push(`${name}: ended behind ${items} of ${length} items`);
  }
  return found;
}

function count(counts: Record<string, number>, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by;
}
