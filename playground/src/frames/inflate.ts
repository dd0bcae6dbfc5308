/** Undoes permessage-deflate with the browser's own inflater, to show what a compressed frame says. */

/** What RFC 7692 §7.2.1 takes off the end, and an empty last block, without which the browser takes it as cut off. */
const tail = Uint8Array.of(0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff);

/** More is not shown, and a bomb is not worth more; in bytes. */
const most = 16 * 1024;

/** The beginning of the message in a compressed payload. Rejects for what is no DEFLATE. */
export async function inflate(payload: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([payload, tail]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    pieces.push(part.value);
    length += part.value.length;
    if (length >= most) {
      await reader.cancel();
      break;
    }
  }
  return new Uint8Array(await new Blob(pieces).slice(0, most).arrayBuffer());
}
