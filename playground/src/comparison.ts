/**
 * Tells whether two Blobs have the same bytes: by SHA-256 where the browser has it (`crypto.subtle` exists
 * in secure contexts only: https and localhost), byte by byte elsewhere.
 */

/** What a comparison has found. */
export interface Comparison {
  readonly equal: boolean;
  /** SHA-256 of both, in hexadecimal digits; `undefined` if they were compared byte by byte. */
  readonly digests: readonly [sent: string, received: string] | undefined;
}

/** Compares what was sent with what came back. */
export async function compare(original: Blob, echo: Blob): Promise<Comparison> {
  const [before, after] = await Promise.all([original.arrayBuffer(), echo.arrayBuffer()]);
  if (crypto.subtle === undefined) {
    return { equal: equalBytes(new Uint8Array(before), new Uint8Array(after)), digests: undefined };
  }
  const digests = await Promise.all([sha256(before), sha256(after)]);
  return { equal: digests[0] === digests[1], digests };
}

async function sha256(content: ArrayBuffer): Promise<string> {
  return hexadecimal(new Uint8Array(await crypto.subtle.digest('SHA-256', content)));
}

function hexadecimal(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((octet, index) => octet === right[index]);
}
