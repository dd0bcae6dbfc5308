/** Keeps a number of messages under way on each connection and counts what comes back. */
import type { Socket } from 'node:net';
import type { EchoScenario } from '../scenarios.js';
import { openAll, type Target } from './connections.js';
import { compressed, documents, FrameCounter, frame, payloadOf } from './frames.js';
import { Latencies, type Load, type LoadResult } from './load.js';

/** What is sent: frames one after another, and how long the answer to each is; 0 if that is not known. */
interface Outgoing {
  readonly frames: readonly Buffer[];
  readonly answerLength: number;
}

export async function echoLoad(scenario: EchoScenario, target: Target, echoesBytes: boolean): Promise<Load> {
  const outgoing = scenario.deflate ? compressedFrames(scenario) : plainFrames(scenario, echoesBytes);
  const sockets = await openAll(target, scenario.connections);
  return new EchoLoad(sockets, outgoing, scenario.inFlight);
}

function plainFrames({ size, binary }: EchoScenario, echoesBytes: boolean): Outgoing {
  const payload = payloadOf(size, binary);
  const sent = frame(payload, binary ? 2 : 1, { mask: true });
  const answerLength = echoesBytes ? sent.length : frame(payload, 1).length;
  return { frames: [sent], answerLength };
}

function compressedFrames({ size }: EchoScenario): Outgoing {
  const payloads = documents(size, 64).map(compressed);
  return {
    frames: payloads.map((payload) => frame(payload, 1, { mask: true, rsv1: true })),
    answerLength: 0,
  };
}

class EchoLoad implements Load {
  readonly #connections: EchoConnection[];
  readonly #latencies = new Latencies();
  #messages = 0;
  #bytes = 0;

  constructor(sockets: readonly Socket[], outgoing: Outgoing, inFlight: number) {
    this.#connections = sockets.map(
      (socket) =>
        new EchoConnection(socket, outgoing, inFlight, this.#latencies, (messages, bytes) => {
          this.#messages += messages;
          this.#bytes += bytes;
        }),
    );
  }

  async run(seconds: number): Promise<LoadResult> {
    this.#messages = 0;
    this.#bytes = 0;
    this.#latencies.take();
    const started = performance.now();
    for (const connection of this.#connections) connection.start();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    await Promise.all(this.#connections.map((connection) => connection.stop()));
    const elapsed = (performance.now() - started) / 1000;
    return { messages: this.#messages, bytes: this.#bytes, seconds: elapsed, ...this.#latencies.take() };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

class EchoConnection {
  readonly #socket: Socket;
  readonly #outgoing: Outgoing;
  readonly #inFlight: number;
  readonly #latencies: Latencies;
  readonly #count: (messages: number, bytes: number) => void;
  readonly #counter = new FrameCounter();
  /** When each message under way was sent, as a ring. */
  readonly #sentAt: Float64Array;
  #sent = 0;
  #answered = 0;
  /** Bytes of an answer that is not complete. */
  #pending = 0;
  #running = false;
  #whenIdle: (() => void) | undefined;

  constructor(
    socket: Socket,
    outgoing: Outgoing,
    inFlight: number,
    latencies: Latencies,
    count: (messages: number, bytes: number) => void,
  ) {
    this.#socket = socket;
    this.#outgoing = outgoing;
    this.#inFlight = inFlight;
    this.#latencies = latencies;
    this.#count = count;
    this.#sentAt = new Float64Array(inFlight);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.resume();
    socket.on('close', () => {
      if (this.#running || this.#sent > this.#answered) throw new Error('the server has closed a connection');
    });
  }

  start(): void {
    this.#running = true;
    this.#send(this.#inFlight);
  }

  /** Resolves when every message has come back. */
  async stop(): Promise<void> {
    this.#running = false;
    if (this.#sent === this.#answered) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #send(count: number): void {
    const { frames } = this.#outgoing;
    const now = performance.now();
    if (count > 1) this.#socket.cork();
    for (let index = 0; index < count; index++) {
      this.#sentAt[this.#sent % this.#inFlight] = now;
      this.#socket.write(frames[this.#sent % frames.length] as Buffer);
      this.#sent += 1;
    }
    if (count > 1) this.#socket.uncork();
  }

  #receive(chunk: Buffer): void {
    const messages = this.#messagesIn(chunk);
    this.#count(messages, chunk.length);
    if (messages === 0) return;
    const now = performance.now();
    for (let index = 0; index < messages; index++) {
      this.#latencies.add(now - (this.#sentAt[this.#answered++ % this.#inFlight] as number));
    }
    if (this.#answered > this.#sent) throw new Error('more came back than was sent');
    if (this.#running) this.#send(messages);
    else if (this.#answered === this.#sent) this.#checkIdle();
  }

  #messagesIn(chunk: Buffer): number {
    const { answerLength } = this.#outgoing;
    if (answerLength === 0) return this.#counter.count(chunk);
    this.#pending += chunk.length;
    const messages = Math.floor(this.#pending / answerLength);
    this.#pending -= messages * answerLength;
    return messages;
  }

  #checkIdle(): void {
    if (this.#pending !== 0) throw new Error(`${this.#pending} bytes too many came back`);
    this.#whenIdle?.();
  }
}
