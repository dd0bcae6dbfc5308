/**
 * The side channel to the server: what its engine saw of this page's connection, and requests to send what a browser
 * cannot. Knows nothing of the page's elements.
 */
import { signal } from '@preact/signals';
import {
  type InspectedEnd,
  type InspectedFrame,
  type InspectedOpening,
  type InspectionCommand,
  type InspectionMessage,
  maxWaiting,
} from '../../src/cli/inspection/format.js';

export type { InspectedEnd, InspectedFrame, InspectedOpening, InspectionCommand };

/** Frames that are kept; older ones go. */
export const maxFrames = maxWaiting;
/** Round trips that are kept. */
const maxLatencies = 600;
const reconnectDelay = 2_000;

/** A round trip of the heartbeat. */
export interface Latency {
  /** `Date.now()` when it was told. */
  readonly time: number;
  readonly milliseconds: number;
}

/** The page's look into its own connection. */
export class Inspection {
  /** Whether the server shows us anything: a page that was not served by hawser has nobody to ask. */
  readonly available = signal(false);
  readonly frames = signal<readonly InspectedFrame[]>([]);
  /** Frames of this connection that are not among `frames` any more, or never were. */
  readonly missing = signal(0);
  readonly opening = signal<InspectedOpening | undefined>(undefined);
  readonly end = signal<InspectedEnd | undefined>(undefined);
  readonly latencies = signal<readonly Latency[]>([]);
  /** Why the newest command was not carried out. */
  readonly refusal = signal('');
  #socket: WebSocket | undefined;
  #id: string | undefined;

  /** What the connection has to name so that its frames are shown here; `undefined` while nobody would. */
  get id(): string | undefined {
    return this.available.value ? this.#id : undefined;
  }

  /** Connects; resolves when that has come about or failed. Tries again by itself when it is lost. */
  start(): Promise<void> {
    const random = crypto.getRandomValues(new Uint8Array(16));
    this.#id = Array.from(random, (octet) => octet.toString(16).padStart(2, '0')).join('');
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/inspect?id=${this.#id}`);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }: MessageEvent<string>) => this.#take(JSON.parse(data)));
    return new Promise((resolve) => {
      socket.addEventListener('open', () => {
        this.available.value = true;
        resolve();
      });
      socket.addEventListener('close', () => {
        if (this.available.value) setTimeout(() => this.start(), reconnectDelay);
        this.available.value = false;
        resolve();
      });
    });
  }

  /** Asks the server to send something on the connection. */
  ask(command: InspectionCommand): void {
    this.refusal.value = '';
    this.#socket?.send(JSON.stringify(command));
  }

  /** Forgets the frames so far. */
  clear(): void {
    this.frames.value = [];
    this.missing.value = 0;
  }

  #take(messages: readonly InspectionMessage[]): void {
    const fresh: InspectedFrame[] = [];
    for (const message of messages) {
      if (message.type === 'frame') fresh.push(message);
      else if (message.type === 'open') this.#begin(message, fresh);
      else this.#note(message);
    }
    if (fresh.length === 0) return;
    const all = [...this.frames.value, ...fresh];
    this.missing.value += Math.max(0, all.length - maxFrames);
    this.frames.value = all.slice(-maxFrames);
  }

  /** A new connection: what was seen of the one before makes room. */
  #begin(opening: InspectedOpening, fresh: InspectedFrame[]): void {
    fresh.length = 0;
    this.clear();
    this.opening.value = opening;
    this.end.value = undefined;
  }

  #note(message: Exclude<InspectionMessage, InspectedFrame | InspectedOpening>): void {
    if (message.type === 'closed') this.end.value = message;
    else if (message.type === 'skipped') this.missing.value += message.frames;
    else if (message.type === 'refused') this.refusal.value = message.reason;
    else {
      const latency = { time: Date.now(), milliseconds: message.milliseconds };
      this.latencies.value = [...this.latencies.value, latency].slice(-maxLatencies);
    }
  }
}

/** The look into this page's connection. */
export const inspection = new Inspection();
