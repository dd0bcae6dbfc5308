/**
 * Negotiation of permessage-deflate (RFC 7692 §5 and §7.1): a server accepts an offer, a client makes one and
 * checks the response. It may not know how anything is compressed; its result is plain numbers and flags.
 */

import { HandshakeError, UsageError } from '../errors.js';
import type { ExtensionOffer, ExtensionParameter } from './extensions.js';

/** The extension's token (RFC 7692 §7). */
export const PER_MESSAGE_DEFLATE = 'permessage-deflate';

/** What both ends have agreed on. */
export interface PerMessageDeflateParameters {
  /** The server resets its compressor after each message (§7.1.1.1). */
  serverNoContextTakeover: boolean;
  /** The client resets its compressor after each message (§7.1.1.2). */
  clientNoContextTakeover: boolean;
  /** Base-2 logarithm of the largest window the server compresses with, 8 to 15 (§7.1.2.1). */
  serverMaxWindowBits: number;
  /** Base-2 logarithm of the largest window the client compresses with, 8 to 15 (§7.1.2.2). */
  clientMaxWindowBits: number;
}

/** What this end would like. */
export interface PerMessageDeflatePreferences {
  /** No context takeover by the server's compressor. Default: a server says so, a client does not ask. */
  serverNoContextTakeover?: boolean | undefined;
  /** No context takeover by the client's compressor. Default: a server asks for it, a client does not promise it. */
  clientNoContextTakeover?: boolean | undefined;
  /** Largest window of the server's compressor, 8 to 15; 15 by default. */
  serverMaxWindowBits?: number | undefined;
  /**
   * Largest window of the client's compressor, 8 to 15; 15 by default. A client that passes `false` does not
   * let the server limit it; `true` is the default.
   */
  clientMaxWindowBits?: number | boolean | undefined;
}

/** An accepted offer. */
export interface AcceptedOffer {
  /** What holds for the connection. */
  parameters: PerMessageDeflateParameters;
  /** What `Sec-WebSocket-Extensions` of the response says. */
  response: ExtensionOffer;
}

const MAX_WINDOW_BITS = 15;
const windowBitsByText = new Map([8, 9, 10, 11, 12, 13, 14, 15].map((bits) => [String(bits), bits]));

const parameter = {
  serverNoContextTakeover: 'server_no_context_takeover',
  clientNoContextTakeover: 'client_no_context_takeover',
  serverMaxWindowBits: 'server_max_window_bits',
  clientMaxWindowBits: 'client_max_window_bits',
} as const;

/** A parameter's value once read: window bits, or `true` where there is none. */
type Value = number | true;
type Reader = (value: string | true) => Value | undefined;

const noValue: Reader = (value) => (value === true ? true : undefined);
/** A decimal integer from 8 to 15 without leading zeros (§7.1.2). */
const windowBits: Reader = (value) => (value === true ? undefined : windowBitsByText.get(value));
const optionalWindowBits: Reader = (value) => noValue(value) ?? windowBits(value);

/** How each parameter of a response is read; any other name is invalid (§7.1). */
const responseReaders: ReadonlyMap<string, Reader> = new Map([
  [parameter.serverNoContextTakeover, noValue],
  [parameter.clientNoContextTakeover, noValue],
  [parameter.serverMaxWindowBits, windowBits],
  [parameter.clientMaxWindowBits, windowBits],
]);

/** In an offer the client may leave its window to the server (§7.1.2.2). */
const offerReaders: ReadonlyMap<string, Reader> = new Map([
  ...responseReaders,
  [parameter.clientMaxWindowBits, optionalWindowBits],
]);

/**
 * Checks preferences before they are used, so that a mistake shows when a server or client is made.
 *
 * @throws UsageError `WS_ERR_INVALID_OPTIONS` for window bits that are no integer from 8 to 15
 */
export function checkPreferences(preferences: PerMessageDeflatePreferences): void {
  limitOf(preferences.serverMaxWindowBits, 'serverMaxWindowBits');
  limitOf(preferences.clientMaxWindowBits, 'clientMaxWindowBits');
}

/**
 * Server: picks the first permessage-deflate in the client's list that can be satisfied (§5.1). An offer with
 * an unknown, repeated or invalid parameter is declined (§7.1), as is one that does not let us limit the
 * client's window although `clientMaxWindowBits` is below 15; then the next is tried.
 *
 * @returns `null` if no offer can be accepted; the connection then goes without compression
 * @throws UsageError `WS_ERR_INVALID_OPTIONS` for invalid preferences
 */
export function acceptOffer(
  offers: readonly ExtensionOffer[],
  preferences: PerMessageDeflatePreferences = {},
): AcceptedOffer | null {
  checkPreferences(preferences);
  for (const { name, parameters } of offers) {
    const offered = name === PER_MESSAGE_DEFLATE ? read(parameters, offerReaders) : null;
    const agreed = offered && agree(offered, preferences);
    if (offered && agreed) return { parameters: agreed, response: respond(offered, agreed) };
  }
  return null;
}

/**
 * Client: the offer that says `preferences`; without any, `permessage-deflate; client_max_window_bits`.
 *
 * @throws UsageError `WS_ERR_INVALID_OPTIONS` for invalid preferences
 */
export function createOffer(preferences: PerMessageDeflatePreferences = {}): ExtensionOffer {
  const server = limitOf(preferences.serverMaxWindowBits, 'serverMaxWindowBits');
  const client = limitOf(preferences.clientMaxWindowBits, 'clientMaxWindowBits');
  return extension([
    [parameter.serverNoContextTakeover, preferences.serverNoContextTakeover === true],
    [parameter.clientNoContextTakeover, preferences.clientNoContextTakeover === true],
    [parameter.serverMaxWindowBits, server < MAX_WINDOW_BITS && server],
    [
      parameter.clientMaxWindowBits,
      preferences.clientMaxWindowBits !== false && (client < MAX_WINDOW_BITS ? client : true),
    ],
  ]);
}

/**
 * Client: what a server's extensions, an answer to `offer` alone, mean for the connection. `null` if the server
 * accepted none.
 *
 * @throws HandshakeError `WS_ERR_UNEXPECTED_EXTENSION` for an extension that was not offered;
 * `WS_ERR_INVALID_EXTENSIONS_HEADER` for permessage-deflate twice, for parameters that are unknown, repeated
 * or invalid, and for a response that does not grant what was asked (§7.1)
 */
export function checkResponse(
  response: readonly ExtensionOffer[],
  offer: ExtensionOffer,
): PerMessageDeflateParameters | null {
  if (response.some(({ name }) => name !== offer.name)) throw unexpectedExtension();
  if (response.length === 0) return null;
  const offered = read(offer.parameters, offerReaders);
  const received = response.length === 1 ? read(response[0].parameters, responseReaders) : null;
  if (offered === null || received === null || !grants(received, offered)) throw invalidResponse();
  return {
    serverNoContextTakeover: received.has(parameter.serverNoContextTakeover),
    clientNoContextTakeover: isSaid(parameter.clientNoContextTakeover, received, offered),
    serverMaxWindowBits: bitsOf(received, parameter.serverMaxWindowBits),
    // A value that we offered holds even if the response has a larger one or none (§7.1.2.2).
    clientMaxWindowBits: Math.min(
      bitsOf(received, parameter.clientMaxWindowBits),
      bitsOf(offered, parameter.clientMaxWindowBits),
    ),
  };
}

type Read = ReadonlyMap<string, Value>;

/** The parameters by name; `null` if one is unknown, repeated or invalid. */
function read(parameters: readonly ExtensionParameter[], readers: ReadonlyMap<string, Reader>): Read | null {
  const values = new Map<string, Value>();
  for (const { name, value } of parameters) {
    const known = readers.get(name)?.(value);
    if (known === undefined || values.has(name)) return null;
    values.set(name, known);
  }
  return values;
}

function agree(offered: Read, preferences: PerMessageDeflatePreferences): PerMessageDeflateParameters | null {
  const serverLimit = limitOf(preferences.serverMaxWindowBits, 'serverMaxWindowBits');
  const clientLimit = limitOf(preferences.clientMaxWindowBits, 'clientMaxWindowBits');
  // Without the parameter in the offer the response must not limit the client's window (§7.1.2.2).
  if (clientLimit < MAX_WINDOW_BITS && !offered.has(parameter.clientMaxWindowBits)) return null;
  return {
    serverNoContextTakeover:
      (preferences.serverNoContextTakeover ?? true) || offered.has(parameter.serverNoContextTakeover),
    clientNoContextTakeover:
      (preferences.clientNoContextTakeover ?? true) || offered.has(parameter.clientNoContextTakeover),
    serverMaxWindowBits: Math.min(serverLimit, bitsOf(offered, parameter.serverMaxWindowBits)),
    clientMaxWindowBits: Math.min(clientLimit, bitsOf(offered, parameter.clientMaxWindowBits)),
  };
}

/** `server_max_window_bits` is granted by being in the response (§7.1.2.1); else 15 bits need no word. */
function respond(offered: Read, agreed: PerMessageDeflateParameters): ExtensionOffer {
  const { serverMaxWindowBits: server, clientMaxWindowBits: client } = agreed;
  return extension([
    [parameter.serverNoContextTakeover, agreed.serverNoContextTakeover],
    [parameter.clientNoContextTakeover, agreed.clientNoContextTakeover],
    [
      parameter.serverMaxWindowBits,
      (server < MAX_WINDOW_BITS || offered.has(parameter.serverMaxWindowBits)) && server,
    ],
    [parameter.clientMaxWindowBits, client < MAX_WINDOW_BITS && client],
  ]);
}

/** Whether the response gives each thing that the offer asks for, and no limit the offer has no room for. */
function grants(received: Read, offered: Read): boolean {
  const rules = [
    // A server that accepts must repeat it (§7.1.1.1).
    !offered.has(parameter.serverNoContextTakeover) || received.has(parameter.serverNoContextTakeover),
    // A server that accepts must answer with the same or a smaller value (§7.1.2.1).
    !offered.has(parameter.serverMaxWindowBits) || received.has(parameter.serverMaxWindowBits),
    bitsOf(received, parameter.serverMaxWindowBits) <= bitsOf(offered, parameter.serverMaxWindowBits),
    // Only a client that offered the parameter can be limited (§7.1.2.2).
    offered.has(parameter.clientMaxWindowBits) || !received.has(parameter.clientMaxWindowBits),
  ];
  return rules.every((rule) => rule);
}

function isSaid(name: string, received: Read, offered: Read): boolean {
  return received.has(name) || offered.has(name);
}

/** Window bits in `values`; 15 if they are not there or left open. */
function bitsOf(values: Read, name: string): number {
  const value = values.get(name);
  return typeof value === 'number' ? value : MAX_WINDOW_BITS;
}

/** A preference as a number; 15 if it sets no limit. */
function limitOf(preference: number | boolean | undefined, option: string): number {
  if (preference === undefined || typeof preference === 'boolean') return MAX_WINDOW_BITS;
  const bits = windowBitsByText.get(String(preference));
  if (bits !== preference) {
    throw new UsageError('WS_ERR_INVALID_OPTIONS', `${option} must be an integer from 8 to 15`);
  }
  return bits;
}

/** permessage-deflate with those parameters whose value is not `false`. */
function extension(parameters: readonly (readonly [name: string, value: Value | false])[]): ExtensionOffer {
  return {
    name: PER_MESSAGE_DEFLATE,
    parameters: parameters.flatMap(([name, value]) =>
      value === false ? [] : [{ name, value: value === true ? value : String(value) }],
    ),
  };
}

function unexpectedExtension(): HandshakeError {
  return new HandshakeError(101, {
    code: 'WS_ERR_UNEXPECTED_EXTENSION',
    message: 'Server indicated an extension that was not requested',
  });
}

function invalidResponse(): HandshakeError {
  return new HandshakeError(101, {
    code: 'WS_ERR_INVALID_EXTENSIONS_HEADER',
    message: 'Invalid Sec-WebSocket-Extensions header',
  });
}
