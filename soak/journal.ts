/** The log of a soak: everything that happened on one side, as JSON lines. */
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Kinds of calls. `reverse` is from the server to a client. */
export type CallKind = 'plain' | 'query' | 'idempotent' | 'callBack' | 'reverse' | 'stream';

/** How a call ended. Of `not-sent` and `timeout-not-sent` it is known that nothing left. */
export type OutcomeClass =
  | 'ok'
  | 'remote'
  | 'unknown'
  | 'not-sent'
  | 'timeout'
  | 'timeout-not-sent'
  | 'aborted'
  | 'other';

/** What can happen. */
export type SoakEvent =
  | { readonly event: 'issued'; readonly id: string; readonly kind: CallKind; readonly length?: number }
  | {
      readonly event: 'outcome';
      readonly id: string;
      readonly class: OutcomeClass;
      /** The id in the answer, or in the data of an error. */
      readonly answers?: string | undefined;
      /** Code of a remote error. */
      readonly code?: number | undefined;
      readonly message?: string | undefined;
    }
  /** A handler began with a call. */
  | { readonly event: 'ran'; readonly id: string }
  /** A stream gave an item to its reader. */
  | { readonly event: 'item'; readonly id: string; readonly of: string; readonly number: number }
  | { readonly event: 'fault'; readonly fault: string; readonly connections: number }
  /** A client has connected by a transport, or something else has become of its transports. */
  | { readonly event: 'transport'; readonly change: string }
  /** What is left where nothing is to be left. */
  | { readonly event: 'registry'; readonly name: string; readonly size: number }
  /** An error that a handler or the process had. */
  | { readonly event: 'error'; readonly message: string }
  /** This side has written everything. */
  | { readonly event: 'finished'; readonly side: Side };

/** Who writes. */
export type Side = 'clients' | 'server';

/** Writes the log of one side. */
export class Journal {
  readonly #file: WriteStream;
  readonly #side: Side;

  /**
   * @param path of the file, which is written anew
   * @param side whose log it is
   */
  constructor(path: string, side: Side) {
    this.#file = createWriteStream(path);
    this.#side = side;
  }

  /** Adds an event. */
  write(event: SoakEvent): void {
    this.#file.write(`${JSON.stringify(event)}\n`);
  }

  /** Ends the log; resolves when it is on disk. */
  close(): Promise<void> {
    this.write({ event: 'finished', side: this.#side });
    return new Promise((resolve) => this.#file.end(resolve));
  }
}

/** Reads a log. */
export async function* readJournal(path: string): AsyncGenerator<SoakEvent> {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    yield JSON.parse(line) as SoakEvent;
  }
}
