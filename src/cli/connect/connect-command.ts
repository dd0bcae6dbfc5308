/** `hawser connect`: one connection, lines in, messages out; in a terminal or in a pipe. */
import { createInterface } from 'node:readline';
import { type ClientOptions, type TappedFrame, WebSocket } from 'hawser';
import { opcodeName } from 'hawser/protocol';
import { CommandError } from '../command-error.js';
import { onStopSignal } from '../stop-signals.js';
import { type ConnectOptions, connectUsage, parseConnectOptions } from './connect-options.js';
import { endingText, exitCodeOf } from './ending.js';
import { lineHelp, lineOf, obey } from './line-command.js';
import { openingError, refusal } from './opening-error.js';
import { Screen } from './screen.js';
import { openPrompt } from './typed-lines.js';

/** How long the server has to answer the close frame, in milliseconds. */
const closeTimeout = 3_000;

/** Connects, and stays until the connection or the input has ended. */
export async function connectCommand(args: readonly string[]): Promise<void> {
  const options = parseConnectOptions(args);
  if (options === 'help') {
    process.stdout.write(connectUsage);
    return;
  }
  const screen = new Screen(process.stdout, process.stderr, (process.env.NO_COLOR ?? '') === '');
  const socket = await open(options);
  process.exitCode = await new Session(socket, screen, options).run();
}

/** Resolves with the open socket, which is paused until somebody listens. @throws CommandError with exit code 1 */
function open(options: ConnectOptions): Promise<WebSocket> {
  const socket = client(options);
  return new Promise((resolve, reject) => {
    const fail = (text: string): void => reject(new CommandError(1, text));
    socket.once('open', () => {
      socket.pause();
      resolve(socket);
    });
    socket.on('error', (error) => fail(openingError(error, options.url)));
    socket.once('unexpected-response', async (_request, response) => {
      fail(await refusal(response));
      socket.terminate();
    });
  });
}

function client({ url, headers, subprotocols, origin, compress, insecure }: ConnectOptions): WebSocket {
  const settings: ClientOptions = {
    // Lists are headers of the same name: Node.js takes them, and the type is that of @types/ws.
    headers: { ...headers } as Record<string, string>,
    perMessageDeflate: compress,
    rejectUnauthorized: !insecure,
    followRedirects: true,
    closeTimeout,
    ...(origin === undefined ? {} : { origin }),
  };
  try {
    return new WebSocket(url, [...subprotocols], settings);
  } catch (error) {
    throw new CommandError(2, (error as Error).message);
  }
}

/** What goes on between `open` and the end. */
class Session {
  readonly #socket: WebSocket;
  readonly #screen: Screen;
  readonly #options: ConnectOptions;
  #pingedAt = 0;
  #closedByUs = false;
  #error: Error | undefined;
  /** When something came last, by `performance.now()`. */
  #heardAt = performance.now();

  constructor(socket: WebSocket, screen: Screen, options: ConnectOptions) {
    this.#socket = socket;
    this.#screen = screen;
    this.#options = options;
  }

  /** Resolves with the exit code. */
  async run(): Promise<number> {
    const socket = this.#socket;
    const ended = new Promise<[code: number, reason: Buffer]>((resolve) => {
      socket.once('close', (code, reason) => resolve([code, reason]));
    });
    this.#listen();
    const interrupt = onStopSignal(() => this.#close());
    this.#greet();
    const closeInput = process.stdin.isTTY ? this.#readTerminal(interrupt) : this.#readPipe();
    socket.resume();
    const [code, reason] = await ended;
    closeInput();
    const ending = { code, reason: reason.toString(), closedByUs: this.#closedByUs, error: this.#error };
    const exitCode = exitCodeOf(ending);
    this.#screen.status(endingText(ending), exitCode === 0 ? 'status' : 'error');
    return exitCode;
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('message', (data, isBinary) => {
      this.#heardAt = performance.now();
      // Of one read there may be more messages than the output takes.
      if (this.#screen.message(data as Buffer, isBinary) || socket.isPaused) return;
      socket.pause();
      process.stdout.once('drain', () => socket.resume());
    });
    socket.on('pong', (data) => {
      const span = this.#pingedAt === 0 ? '' : ` after ${(performance.now() - this.#pingedAt).toFixed(1)} ms`;
      this.#screen.status(`pong${span}${data.length > 0 ? `: ${data}` : ''}`);
    });
    socket.on('error', (error) => {
      this.#error = error;
    });
    // Whoever read our output has gone: there is nobody to show anything.
    process.stdout.on('error', () => {
      this.#close();
      socket.resume();
    });
    if (this.#options.frames) socket.tapFrames((frame) => this.#screen.status(frameText(frame)));
  }

  #greet(): void {
    const { url, protocol, extensions } = this.#socket;
    const agreed = [protocol !== '' && `subprotocol ${protocol}`, extensions].filter(Boolean).join(', ');
    this.#screen.status(`Connected to ${url}${agreed === '' ? '' : ` (${agreed})`}.`);
    if (process.stdin.isTTY) this.#screen.status(`Type a message, or: ${lineHelp}`);
  }

  #readTerminal(interrupt: () => void): () => void {
    const prompt = openPrompt(process.stdin, process.stderr, {
      line: (text) => void this.#take(text),
      interrupt,
      end: () => this.#close(),
    });
    this.#screen.typed = prompt;
    return () => {
      prompt.hide();
      this.#screen.typed = undefined;
      prompt.close();
    };
  }

  /** Reads no faster than the server takes it. */
  #readPipe(): () => void {
    const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    const read = async (): Promise<void> => {
      for await (const line of lines) {
        if (this.#socket.readyState !== WebSocket.OPEN) return;
        if (!this.#take(line)) await this.#drained();
      }
      await this.#silence();
      this.#close();
    };
    void read();
    return () => {
      lines.close();
      process.stdin.destroy();
    };
  }

  /** Does what a line says; `false` if no more should be sent for now. */
  #take(text: string): boolean {
    const line = lineOf(text, this.#options.literal);
    if (line.kind === 'message') return this.#socket.send(line.text, { binary: this.#options.binary });
    if (line.kind === 'ping') this.#pingedAt = performance.now();
    try {
      const answer = obey(this.#socket, line);
      if (answer !== undefined) this.#screen.status(answer, line.kind === 'mistake' ? 'error' : 'status');
      if (line.kind === 'close') this.#closedByUs = true;
    } catch (error) {
      this.#screen.status((error as Error).message, 'error');
    }
    return true;
  }

  /** Resolves when more may be sent, or nothing any more. */
  #drained(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  /** Resolves when nothing has come for as long as `--wait` says. */
  async #silence(): Promise<void> {
    const { wait } = this.#options;
    this.#heardAt = performance.now();
    for (let rest = wait; rest > 0; rest = this.#heardAt + wait - performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, rest));
    }
  }

  #close(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#closedByUs = true;
    this.#socket.close(1000);
  }
}

function frameText({ direction, opcode, fin, rsv1, maskingKey, payloadLength, error }: TappedFrame): string {
  const flags = [fin && 'FIN', rsv1 && 'RSV1', maskingKey !== null && 'MASK'].filter(Boolean).join(' ');
  const refused = error === null ? '' : ` refused: ${error.message}`;
  return `${direction === 'sent' ? '→' : '←'} ${opcodeName(opcode)} ${flags} ${payloadLength} B${refused}`;
}
