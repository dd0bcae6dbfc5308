/**
 * What `hawser serve` tells the page of the connection that it looks into, and what the page may ask for. Each text
 * message from the server is a JSON array of `InspectionMessage`, each from the page one `InspectionCommand`.
 */

/** Payload bytes of each frame that are told. */
export const captureLength = 1024;

/** Most messages that wait for the page to read them; further ones replace the oldest frames. */
export const maxWaiting = 500;

/** A frame as the server's engine saw it (RFC 6455 §5.2). */
export interface InspectedFrame {
  readonly type: 'frame';
  /** Counts the frames of the connection from 1. */
  readonly number: number;
  /** Milliseconds since the connection was opened. */
  readonly at: number;
  /** As the server sees it: `received` comes from the browser. */
  readonly direction: 'received' | 'sent';
  readonly fin: boolean;
  /** RSV1, RSV2 and RSV3. */
  readonly rsv: readonly [boolean, boolean, boolean];
  readonly opcode: number;
  readonly payloadLength: number;
  /** The header's octets in base64, masking key included. */
  readonly header: string;
  /** The masking key in base64. */
  readonly maskingKey: string | null;
  /** At most `captureLength` bytes of the payload, unmasked, in base64. */
  readonly payload: string;
  /** The rule that the frame broke. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** An inspected connection is open: what its opening handshake said, and how the accept value came about (§4.2.2). */
export interface InspectedOpening {
  readonly type: 'open';
  readonly requestLine: string;
  readonly requestHeaders: readonly (readonly [name: string, value: string])[];
  readonly statusLine: string;
  readonly responseHeaders: readonly (readonly [name: string, value: string])[];
  readonly key: string;
  /** SHA-1 of the key and the GUID, in hexadecimal digits. */
  readonly digest: string;
  readonly accept: string;
}

/** How the server saw the connection end. */
export interface InspectedEnd {
  readonly type: 'closed';
  readonly at: number;
  readonly code: number;
  readonly reason: string;
  /** Why the server failed the connection, if it did. */
  readonly error: string | null;
}

/** What the server tells the page. */
export type InspectionMessage =
  | InspectedOpening
  | InspectedFrame
  | InspectedEnd
  /** The round trip of the server's newest heartbeat. */
  | { readonly type: 'latency'; readonly at: number; readonly milliseconds: number }
  /** This many frames were left out in front of the next, since the page did not keep up. */
  | { readonly type: 'skipped'; readonly frames: number }
  /** A command could not be carried out. */
  | { readonly type: 'refused'; readonly reason: string };

/** The rules that the server can be told to break, so that the browser fails the connection. */
export type BreakableRule =
  | 'reserved-opcode'
  | 'reserved-bit'
  | 'masked'
  | 'invalid-utf8'
  | 'long-control'
  | 'lone-continuation';

/** What the page asks the server to send. */
export type InspectionCommand =
  | { readonly do: 'ping' | 'pong'; readonly payload: string }
  | { readonly do: 'fragments'; readonly text: string; readonly count: number; readonly ping: boolean }
  | { readonly do: 'close'; readonly code: number; readonly reason: string }
  | { readonly do: 'terminate' }
  | { readonly do: 'break'; readonly rule: BreakableRule };
