/** Facts from the RFCs and from captures, as `vectors.json` has them. */
import { readFileSync } from 'node:fs';

interface Vectors {
  mask: { text: string; utf8: string; maskingKey: string; masked: string }[];
  frames: { what: string; hex: string | string[]; source: string }[];
  deflate: { what: string; hex: string; source: string }[];
  fragmentation: {
    frames: { fin: boolean; opcode: number; payload: string }[];
    messages: string[];
    source: string;
  };
}

export const vectors: Vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'));
