/** The certificate that every server of the bench shows: one of the tests. */
import { readFileSync } from 'node:fs';

const folder = new URL('../../../../../test/client/certificates/', import.meta.url);

/** Its key and itself, as Node, Bun and Deno take them. */
export function certificate(): { key: string; cert: string } {
  return { key: read('server-key.pem'), cert: read('server.pem') };
}

function read(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}
