/** Octets as the side channel has them, and as people read them. */

/** The octets of a base64 text. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Two hexadecimal digits. */
export function hexadecimal(octet: number): string {
  return octet.toString(16).padStart(2, '0');
}

/** Octets as pairs of hexadecimal digits with spaces between them. */
export function spaced(octets: Iterable<number>): string {
  return Array.from(octets, hexadecimal).join(' ');
}

/** Octets as bits, eight each. */
export function bitsOf(octets: Iterable<number>): string {
  return Array.from(octets, (octet) => octet.toString(2).padStart(8, '0')).join('');
}

/** A printable ASCII character, or a dot. */
export function printable(octet: number): string {
  return octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '·';
}

/** Octet i is octet i of the input XOR octet i mod 4 of the key (RFC 6455 §5.3). */
export function masked(payload: Uint8Array, key: Uint8Array): Uint8Array {
  return payload.map((octet, index) => octet ^ (key[index % 4] ?? 0));
}

/** UTF-8 as text; what is none, or was cut, becomes U+FFFD. */
export function decoded(octets: Uint8Array): string {
  return new TextDecoder().decode(octets);
}
