/**
 * Where a script may connect to: the checks on URL and subprotocols that throw at once, and the ports that fail
 * later. It may not know how a connection is made.
 */

import { checkSubprotocols, portNumber } from '../client/address.js';

const webSocketSchemes: ReadonlyMap<string, string> = new Map([
  ['http:', 'ws:'],
  ['https:', 'wss:'],
]);

/** The bad ports of the Fetch standard, section "Port blocking". */
const badPorts: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/**
 * "Get a URL record". There is no base URL here, so that a URL has to be absolute.
 * @throws DOMException `SyntaxError` for what is no URL, has another scheme than ws, wss, http and https, or has a
 * fragment, be it empty
 */
export function getUrlRecord(url: string): URL {
  // Steps 1 and 2.
  const urlRecord = parse(url);
  // Steps 3 and 4.
  urlRecord.protocol = webSocketSchemes.get(urlRecord.protocol) ?? urlRecord.protocol;
  // Step 5.
  if (urlRecord.protocol !== 'ws:' && urlRecord.protocol !== 'wss:') {
    throw syntaxError(`The scheme of the URL must be ws, wss, http or https: ${url}`);
  }
  // Step 6. `hash` does not tell an empty fragment from none.
  if (urlRecord.href.includes('#')) throw syntaxError(`The URL must not have a fragment: ${url}`);
  return urlRecord;
}

/** The subprotocols. @throws DOMException `SyntaxError` if one is no token or comes twice */
export function checkProtocols(protocols: readonly string[]): string[] {
  try {
    return checkSubprotocols(protocols);
  } catch {
    throw syntaxError(`Invalid or duplicated subprotocol: ${protocols.join(', ')}`);
  }
}

/** "Block bad port": whether the Fetch standard refuses to connect to this port. */
export function isPortBlocked(url: URL): boolean {
  return badPorts.has(portNumber(url));
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw syntaxError(`Invalid URL: ${url}`);
  }
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}
