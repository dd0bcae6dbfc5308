/** What a close code (RFC 6455 §7.4) means for a client that comes back. */

/** The server's sessions end with it: another token may help. */
export const UNAUTHENTICATED = 4401;

/** Codes that connecting again would end in again, inclusive. */
const terminal: readonly (readonly [first: number, last: number])[] = [
  // The server is done with us, or we broke its rules: 1001 and the others are no reason to stay away.
  [1000, 1000],
  [1002, 1003],
  [1007, 1008],
  [1010, 1010],
  // Centrifugo's convention for codes of applications, and the client errors of HTTP.
  [3500, 3999],
  [4400, 4400],
  [4402, 4407],
  [4409, 4428],
  [4430, 4999],
];

/**
 * Whether a close code is a client's last: 1000, 1002, 1003, 1007, 1008, 1010, 3500 to 3999, and 4400 to 4999 but 4401
 * (a new token is fetched), 4408 and 4429 (time-out and too many, as in HTTP).
 */
export function isTerminal(code: number): boolean {
  return terminal.some(([first, last]) => code >= first && code <= last);
}

const SERVICE_RESTART = 1012;
const TRY_AGAIN_LATER = 1013;
const HINT = 'retry-after=';

/**
 * When the server wants to be tried again: with 1012 and 1013, in the reason `retry-after=<seconds>`.
 * @param random from 0 up to 1: all clients got the same hint, so each adds up to a second and a tenth of it
 * @returns milliseconds; without a hint 5 to 30 seconds, as the registry of close codes asks; `undefined` for other codes
 */
export function retryAfter(code: number, reason: string, random: () => number): number | undefined {
  if (code !== SERVICE_RESTART && code !== TRY_AGAIN_LATER) return undefined;
  const digits = reason.startsWith(HINT) ? reason.slice(HINT.length) : '';
  const isSeconds =
    digits.length > 0 && digits.length <= 6 && [...digits].every((digit) => digit >= '0' && digit <= '9');
  if (!isSeconds) return 5000 + random() * 25_000;
  const delay = Number(digits) * 1000;
  return delay + random() * (1000 + delay / 10);
}
