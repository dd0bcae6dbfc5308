/**
 * What the scenarios speak: one end of a connection, and software that makes such ends as a client or as a
 * server. Knows no implementation.
 */

/** A text message, or a binary one. */
export type Message = string | Buffer;

/** How an end saw the connection's end. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** What software can be told to do or to show, beyond sending, receiving and closing. */
export type Ability =
  /** Sends a message in fragments of its choice. */
  | 'fragments'
  /** Sends a message as a stream, one fragment for each chunk. */
  | 'stream'
  /** Sends pings and sees the pongs. */
  | 'ping'
  /** Stops reading. */
  | 'pause'
  /** Tells when it sends faster than the peer reads. */
  | 'backpressure'
  /** Cuts the connection without a closing handshake. */
  | 'abort'
  /** Goes away as a page does that is left. */
  | 'leave'
  /** Closes with any code; without this ability only with 1000 and 3000 to 4999. */
  | 'any code'
  /** Closes without a code. */
  | 'no code'
  /** Bounds the messages that it receives. */
  | 'limit'
  /** Asks for parameters of permessage-deflate, and can do without the extension. */
  | 'deflate parameters'
  /** Compresses what it sends, once that is agreed. */
  | 'compresses'
  /** Tells which HTTP status refused it. */
  | 'status'
  /** Takes a server that chooses none of the subprotocols that it offered. */
  | 'no subprotocol needed'
  /** Sends the header `Origin`. */
  | 'origin'
  /** Counts the bytes on its TCP connection. */
  | 'traffic'
  /** Keeps a byte order mark at the start of a text. */
  | 'byte order mark';

/** One end of an open connection. */
export interface End {
  /** The subprotocol, or an empty string. */
  readonly protocol: string;
  /** Whether permessage-deflate was agreed on. */
  readonly compresses: boolean;
  /** Resolves with the connection's end, as this end sees it. */
  readonly closed: Promise<Closed>;
  /** The next message; rejects if the connection ends before. */
  message(): Promise<Message>;
  /** Resolves when more may be sent. */
  send(message: Message): Promise<void>;
  close(code?: number, reason?: string): void;
  /** Ends what is left of the connection after a scenario. */
  discard(): void;

  sendFragments?(fragments: readonly Message[]): void;
  sendStream?(chunks: readonly Message[]): Promise<void>;
  /** Resolves with what the pong gives back. */
  ping?(data: string): Promise<string>;
  pause?(): void;
  resume?(): void;
  /** Sends without waiting; answers whether it may go on, and tells when all has left. */
  push?(message: Message): boolean;
  drained?(): Promise<void>;
  abort?(): void;
  leave?(): void;
  /** Bytes written to the TCP connection, and read from it. */
  traffic?(): { readonly written: number; readonly read: number };
  /** The header `Sec-WebSocket-Extensions` of the response. */
  readonly agreement?: string;
  /** What the server takes for the client's address. */
  readonly remoteAddress?: string | undefined;
}

/** Parameters of permessage-deflate, as ws and hawser name them. */
export interface DeflateParameters {
  readonly serverNoContextTakeover?: boolean;
  readonly clientNoContextTakeover?: boolean;
  readonly serverMaxWindowBits?: number;
  readonly clientMaxWindowBits?: number;
}

/** What either end is told. Left out: no compression, no limit. */
export interface EndOptions {
  /** Offers or accepts permessage-deflate, with these parameters. */
  readonly deflate?: DeflateParameters | undefined;
  /** Longest message to receive, in bytes. */
  readonly maxPayload?: number | undefined;
}

export interface ClientOptions extends EndOptions {
  /** Subprotocols to offer. */
  readonly protocols?: readonly string[];
}

export interface ServerOptions extends EndOptions {
  /** Subprotocol to choose where it is offered. */
  readonly protocol?: string;
  /** HTTP status that refuses every client. */
  readonly refuse?: 401 | 403 | undefined;
  /** Refuses pages that come from anywhere. */
  readonly refuseOrigins?: boolean;
}

/** What `connect` rejects with when the server refused. */
export class Refused extends Error {
  /** The HTTP status, where the client can tell. */
  readonly status: number | undefined;

  constructor(status?: number, options?: ErrorOptions) {
    super(`refused with ${status ?? 'a status that is not told'}`, options);
    this.status = status;
  }
}

/** Software that is one of the ends; its processes start with `start` and end with `stop`. */
export interface Software {
  /** With its version, once it has started. */
  readonly name: string;
  readonly abilities: ReadonlySet<Ability>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface Client extends Software {
  connect(url: string, options: ClientOptions): Promise<End>;
}

/** A server that listens, for one scenario. */
export interface Listening {
  readonly url: string;
  /** The next connection that it has accepted. */
  accepted(): Promise<End>;
  close(): Promise<void>;
}

export interface Server extends Software {
  listen(options: ServerOptions): Promise<Listening>;
}
