/**
 * Target: `Sec-WebSocket-Extensions` and the negotiation of permessage-deflate, on both sides. The first octet
 * of an input chooses the preferences, the rest is the header's value.
 */
import type { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { errorCatalogue, HandshakeError } from '../src/protocol/errors.js';
import {
  acceptOffer,
  checkResponse,
  createOffer,
  type ExtensionOffer,
  type PerMessageDeflateParameters,
  type PerMessageDeflatePreferences,
  parseExtensions,
  serializeExtensions,
} from '../src/protocol/handshake/index.js';
import { type FuzzTarget, invariant, wordsOf } from './target.js';

/** The extensions target. */
export const extensions: FuzzTarget = {
  name: 'extensions',
  fixedExecutions: 400_000,
  maxLength: 600,
  dictionary: wordsOf(
    'permessage-deflate',
    ', ',
    '; ',
    '=',
    '"',
    '\\',
    'server_no_context_takeover',
    'client_no_context_takeover',
    'server_max_window_bits',
    'client_max_window_bits',
    'client_max_window_bits=',
    'server_max_window_bits="10"',
    '8',
    '15',
    '16',
    '010',
    ' \t',
    '__proto__',
    'x-webkit-deflate-frame',
    '\u00e9',
  ),
  run: runExtensions,
};

function runExtensions(input: Buffer): string {
  const preferences = preferencesOf(input.length > 0 ? input[0] : 0);
  const value = input.toString('latin1', 1);
  const offers = documented(() => parseExtensions(value));
  if (typeof offers === 'string') return offers;
  checkRoundTrip(offers);
  return `${asServer(offers, preferences)} ${asClient(offers, preferences)}`;
}

function preferencesOf(octet: number): PerMessageDeflatePreferences {
  return {
    ...((octet & 1) !== 0 && { serverNoContextTakeover: (octet & 2) !== 0 }),
    ...((octet & 4) !== 0 && { clientNoContextTakeover: (octet & 8) !== 0 }),
    ...((octet & 16) !== 0 && { serverMaxWindowBits: 8 + (octet % 8) }),
    ...((octet & 32) !== 0 && { clientMaxWindowBits: (octet & 64) === 0 && 8 + ((octet >> 2) % 8) }),
  };
}

/** Writing what was read gives the same again. */
function checkRoundTrip(offers: readonly ExtensionOffer[]): void {
  const again = parseExtensions(serializeExtensions(offers));
  invariant(isDeepStrictEqual(again, offers), () => `not the same: ${serializeExtensions(offers)}`);
}

function asServer(offers: readonly ExtensionOffer[], preferences: PerMessageDeflatePreferences): string {
  const accepted = acceptOffer(offers, preferences);
  if (accepted === null) return 'declined';
  const { parameters, response } = accepted;
  checkParameters(parameters);
  const { serverMaxWindowBits = 15, clientMaxWindowBits } = preferences;
  invariant(parameters.serverMaxWindowBits <= serverMaxWindowBits, () => 'a larger window than ours');
  if (typeof clientMaxWindowBits === 'number') {
    invariant(parameters.clientMaxWindowBits <= clientMaxWindowBits, () => 'a larger window than wanted');
  }
  checkAgreement(offers, response, parameters);
  return `accepted ${JSON.stringify(parameters)}`;
}

/** A client that made one of the offers takes the response and understands it as the server does. */
function checkAgreement(
  offers: readonly ExtensionOffer[],
  response: ExtensionOffer,
  parameters: PerMessageDeflateParameters,
): void {
  const understood = offers.some((offer) => {
    const result = documented(() => checkResponse([response], offer));
    return isDeepStrictEqual(result, parameters);
  });
  invariant(understood, () => `no client agrees with ${serializeExtensions([response])}`);
}

function asClient(response: readonly ExtensionOffer[], preferences: PerMessageDeflatePreferences): string {
  const result = documented(() => checkResponse(response, createOffer(preferences)));
  if (result === null || typeof result === 'string') return String(result);
  checkParameters(result);
  return `agreed ${JSON.stringify(result)}`;
}

function checkParameters({ serverMaxWindowBits, clientMaxWindowBits }: PerMessageDeflateParameters): void {
  for (const bits of [serverMaxWindowBits, clientMaxWindowBits]) {
    invariant(Number.isInteger(bits) && bits >= 8 && bits <= 15, () => `a window of ${bits} bits`);
  }
}

function documented<Result>(action: () => Result): Result | string {
  try {
    return action();
  } catch (error) {
    invariant(error instanceof HandshakeError, () => `undocumented: ${String(error)}`);
    invariant(Object.hasOwn(errorCatalogue, error.code), () => `undocumented: ${error.code}`);
    return error.code;
  }
}
