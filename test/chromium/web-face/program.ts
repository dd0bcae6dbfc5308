/**
 * What a program may use that runs in a page and in Node.js alike: the faces, a server's address, a log. It may not
 * know on which of them it runs.
 */

import type * as web from '../../../src/web/index.js';

/** The faces of one side, and what belongs to the run. */
export interface Sides {
  readonly WebSocket: typeof web.WebSocket;
  readonly WebSocketStream: typeof web.WebSocketStream;
  readonly WebSocketError: typeof web.WebSocketError;
  readonly CloseEvent: typeof web.CloseEvent;
  /** An address at the server of this run: `what` says how it behaves, `id` is who reports. */
  url(what: string, id?: string): string;
  /** One line of what happened. */
  log(...words: unknown[]): void;
}

/** A program: what it logs is to be the same on both sides. */
export type Program = (sides: Sides) => Promise<void>;

/** A constructor that takes anything. */
export type Loose<T> = new (...given: unknown[]) => T;

/** What an action gives or throws, in words. */
export function outcome(action: () => unknown): string {
  try {
    return words(action());
  } catch (error) {
    return `throws ${words(error)}`;
  }
}

/** What a promise gives or rejects with, in words. */
export async function settled(promise: Promise<unknown>): Promise<string> {
  try {
    return words(await promise);
  } catch (error) {
    return `rejects with ${words(error)}`;
  }
}

/** A value in words that do not depend on the side. */
export function words(value: unknown): string {
  if (value instanceof DOMException) {
    const { closeCode, reason } = value as { closeCode?: number | null; reason?: string };
    const more = closeCode === undefined ? '' : ` closeCode ${closeCode} reason "${reason}"`;
    return `${value.constructor.name} ${value.name} ${value.code}${more}`;
  }
  if (value instanceof Error) return value.name;
  if (value instanceof ArrayBuffer) return `ArrayBuffer [${new Uint8Array(value)}]`;
  if (ArrayBuffer.isView(value)) {
    return `${value.constructor.name} [${new Uint8Array(value.buffer, value.byteOffset, value.byteLength)}]`;
  }
  if (value instanceof Blob) return `Blob of ${value.size} bytes, type "${value.type}"`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(words).join(', ')}]`;
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value)
      .sort()
      .map(([name, member]) => `${name}: ${words(member)}`);
    return `{ ${entries.join(', ')} }`;
  }
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object' && value !== null) return Object.prototype.toString.call(value);
  return String(value);
}

/** The next event of a type. */
export function next<E extends Event = Event>(target: EventTarget, type: string): Promise<E> {
  return new Promise((resolve) => {
    target.addEventListener(type, (event) => resolve(event as E), { once: true });
  });
}

/** A task later. */
export function task(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** What a `close` event says. */
export function closeWords(event: Event): string {
  const { code, reason, wasClean } = event as web.CloseEvent;
  return `code ${code} reason "${reason}" wasClean ${wasClean}`;
}

/** Logs every event of a socket with its ready state; resolves with `close`. */
export function follow({ log }: Sides, socket: web.WebSocket, name = ''): Promise<void> {
  for (const type of ['open', 'message', 'error', 'close']) {
    socket.addEventListener(type, (event) => {
      const data = type === 'message' ? ` ${words((event as web.MessageEvent).data)}` : '';
      const more = type === 'close' ? ` ${closeWords(event)}` : data;
      log(`${name}${type} in state ${socket.readyState}${more}`);
    });
  }
  return next(socket, 'close').then(() => undefined);
}
