/**
 * Tells whether two Blobs have the same bytes: by SHA-256 where the browser has it (`crypto.subtle` exists
 * in secure contexts only: https and localhost), byte by byte elsewhere.
 */

/** A sentence that says whether `echo` has the bytes of `original`, and how that was found out. */
export async function comparison(original: Blob, echo: Blob): Promise<string> {
  const [before, after] = await Promise.all([original.arrayBuffer(), echo.arrayBuffer()]);
  if (crypto.subtle === undefined) {
    return `${equalBytes(new Uint8Array(before), new Uint8Array(after)) ? 'yes' : 'no'}, compared byte by byte`;
  }
  const [sent, received] = await Promise.all([sha256(before), sha256(after)]);
  return sent === received ? `yes, SHA-256 ${sent}` : `no, SHA-256 ${sent} became ${received}`;
}

async function sha256(content: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return Array.from(digest, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((octet, index) => octet === right[index]);
}
