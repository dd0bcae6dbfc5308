/** Reads the responses of one HTTP connection, of ASCII, by length or in chunks. Answers to HEAD and 204 do not come. */

/** What is told of them. */
export interface ResponseListener {
  /** A part of the body. */
  body(text: string): void;
  end(): void;
}

/** Where in a response the reader stands. */
type Place = 'head' | 'body' | 'chunk size' | 'chunk' | 'chunk end';

/** The reader. */
export class ResponseReader {
  readonly #listener: ResponseListener;
  #text = '';
  #place: Place = 'head';
  /** Characters of the body or chunk that are still to come. */
  #left = 0;

  constructor(listener: ResponseListener) {
    this.#listener = listener;
  }

  /** Takes what has come. @throws Error for any status but 200 */
  read(text: string): void {
    this.#text += text;
    while (this.#text !== '' && this.#step());
  }

  /** Whether it has got on. */
  #step(): boolean {
    if (this.#place === 'head') return this.#readHead();
    if (this.#place === 'chunk size') return this.#readChunkSize();
    if (this.#place === 'chunk end') return this.#line() !== undefined && this.#go('chunk size');
    const part = this.#take(Math.min(this.#left, this.#text.length));
    this.#left -= part.length;
    this.#listener.body(part);
    if (this.#left > 0) return true;
    if (this.#place === 'chunk') return this.#go('chunk end');
    return this.#end();
  }

  #readHead(): boolean {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const head = this.#take(end + 4).toLowerCase();
    if (!head.startsWith('http/1.1 200 ')) throw new Error(`the server answers: ${head}`);
    if (head.includes('\r\ntransfer-encoding: chunked\r\n')) return this.#go('chunk size');
    const [, length] = head.split('\r\ncontent-length: ');
    if (length === undefined) throw new Error(`no length: ${head}`);
    this.#left = Number.parseInt(length, 10);
    return this.#go('body');
  }

  #readChunkSize(): boolean {
    const line = this.#line();
    if (line === undefined) return false;
    this.#left = Number.parseInt(line, 16);
    if (this.#left > 0) return this.#go('chunk');
    // Behind the last chunk there is an empty line.
    if (this.#line() === undefined) {
      this.#text = `${line}\r\n${this.#text}`;
      return false;
    }
    return this.#end();
  }

  #line(): string | undefined {
    const end = this.#text.indexOf('\r\n');
    return end < 0 ? undefined : this.#take(end + 2).slice(0, end);
  }

  #take(length: number): string {
    const taken = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return taken;
  }

  #end(): true {
    this.#go('head');
    this.#listener.end();
    return true;
  }

  #go(place: Place): true {
    this.#place = place;
    return true;
  }
}
