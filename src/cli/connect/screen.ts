/**
 * Where `hawser connect` shows things: messages on the output, everything else on the error output, without harm to a
 * line that is being typed.
 */
import type { Writable } from 'node:stream';
import { printableBinary, printableText } from './printable.js';

/** A stream that may be a terminal. */
export type Stream = Writable & { readonly isTTY?: boolean };

/** The line that is being typed, which has to make room. */
export interface TypedLine {
  /** Takes the line off the screen. */
  hide(): void;
  /** Shows it again, below what was printed. */
  show(): void;
}

const colors = { received: 36, status: 90, error: 31 } as const;

/** The output of one command. */
export class Screen {
  typed: TypedLine | undefined;
  readonly #output: Stream;
  readonly #errors: Stream;
  readonly #usesColor: boolean;

  constructor(output: Stream, errors: Stream, usesColor: boolean) {
    this.#output = output;
    this.#errors = errors;
    this.#usesColor = usesColor;
  }

  /** Shows a message that came; `false` if the output wants no more until its `drain`. */
  message(data: Buffer, isBinary: boolean): boolean {
    if (this.#output.isTTY !== true) return this.#output.write(isBinary ? data : `${data}\n`);
    const text = isBinary ? printableBinary(data) : printableText(data.toString());
    return this.#line(this.#output, `< ${text}`, 'received');
  }

  /** Says something that is no message. */
  status(text: string, color: 'status' | 'error' = 'status'): void {
    this.#line(this.#errors, printableText(text), color);
  }

  #line(stream: Stream, text: string, color: keyof typeof colors): boolean {
    this.typed?.hide();
    const painted = this.#usesColor && stream.isTTY === true ? `\x1b[${colors[color]}m${text}\x1b[0m` : text;
    const ready = stream.write(`${painted}\n`);
    this.typed?.show();
    return ready;
  }
}
