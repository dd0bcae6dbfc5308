/**
 * Ends that live in another process and are told what to do by name: the Python program and the browser's page
 * speak the same words. Messages travel as text or as base64.
 */
import type { Closed, End, Message } from './end.js';
import { Received } from './inbox.js';

/** A message on its way. */
export type Encoded = { readonly text: string } | { readonly bytes: string };

/** What is told about an open connection. */
export interface Opened {
  readonly connection: number;
  readonly protocol: string;
  readonly compresses: boolean;
  /** The response's extensions, where they can be told. */
  readonly agreement?: string;
}

/** What happens to a connection by itself. */
export type RemoteEvent =
  | ({ readonly event: 'message'; readonly connection: number } & Encoded)
  | { readonly event: 'close'; readonly connection: number; readonly code: number; readonly reason: string };

/** Asks for an operation on a connection, and resolves with its result. */
export type Ask = (operation: string, fields: object) => Promise<unknown>;

export const encode = (message: Message): Encoded =>
  typeof message === 'string' ? { text: message } : { bytes: message.toString('base64') };

const decode = (message: Encoded): Message =>
  'text' in message ? message.text : Buffer.from(message.bytes, 'base64');

/** One of them. What it is not able to do is not asked. */
export class RemoteEnd implements End {
  readonly protocol: string;
  readonly compresses: boolean;
  readonly agreement: string;
  readonly #connection: number;
  readonly #ask: Ask;
  readonly #received = new Received<Message>();

  constructor({ connection, protocol, compresses, agreement = '' }: Opened, ask: Ask) {
    this.#connection = connection;
    this.protocol = protocol;
    this.compresses = compresses;
    this.agreement = agreement;
    this.#ask = ask;
  }

  /** What the other process has told. */
  happened(event: RemoteEvent): void {
    if (event.event === 'message') this.#received.messages.add(decode(event));
    else this.#received.close(event.code, event.reason);
  }

  get closed(): Promise<Closed> {
    return this.#received.closed;
  }

  message(): Promise<Message> {
    return this.#received.messages.take();
  }

  async send(message: Message): Promise<void> {
    await this.#do('send', { message: encode(message) });
  }

  sendFragments(fragments: readonly Message[]): void {
    this.#start('sendFragments', { fragments: fragments.map(encode) });
  }

  async ping(data: string): Promise<string> {
    return (await this.#do('ping', { data })) as string;
  }

  pause(): void {
    this.#start('pause');
  }

  resume(): void {
    this.#start('resume');
  }

  close(code?: number, reason = ''): void {
    this.#start('close', { code, reason });
  }

  abort(): void {
    this.#start('abort');
  }

  leave(): void {
    this.#start('leave');
  }

  discard(): void {
    this.#start('abort');
  }

  #do(operation: string, fields: object = {}): Promise<unknown> {
    return this.#ask(operation, { connection: this.#connection, ...fields });
  }

  /** What goes wrong shows at the other end, or in what this end does not receive. */
  #start(operation: string, fields: object = {}): void {
    this.#do(operation, fields).catch(() => {});
  }
}
