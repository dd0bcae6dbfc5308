/** A frame's header, cut into the fields of the picture in RFC 6455 §5.2. Knows nothing of how they are shown. */
import { bitsOf, fromBase64, spaced } from './octets.js';

/** What a field is about; fields of one kind look alike. */
export type FieldKind = 'fin' | 'rsv' | 'opcode' | 'mask' | 'length' | 'key';

/** A field of a header. */
export interface HeaderField {
  /** As the RFC calls it. */
  readonly name: string;
  readonly kind: FieldKind;
  /** Where it begins, in bits. */
  readonly start: number;
  /** Its bits, `0` and `1`. */
  readonly bits: string;
  /** Its value for people. */
  readonly value: string;
}

/** The fields that stand in the header's octets; of a refused frame there may be only the first. */
export function headerFields(base64: string): HeaderField[] {
  const octets = fromBase64(base64);
  const all = bitsOf(octets);
  const fields: HeaderField[] = [];
  const add = (name: string, kind: FieldKind, length: number, value: (bits: string) => string): void => {
    const start = fields.reduce((end, { bits }) => end + bits.length, 0);
    const bits = all.slice(start, start + length);
    if (bits.length === length) fields.push({ name, kind, start, bits, value: value(bits) });
  };
  const number = (bits: string): string => String(BigInt(`0b${bits}`));
  add('FIN', 'fin', 1, number);
  for (const name of ['RSV1', 'RSV2', 'RSV3']) add(name, 'rsv', 1, number);
  add('opcode', 'opcode', 4, (bits) => `0x${Number.parseInt(bits, 2).toString(16)}`);
  add('MASK', 'mask', 1, number);
  add('Payload len', 'length', 7, number);
  const short = (octets[1] ?? 0) & 0x7f;
  if (short >= 126) add('Extended payload length', 'length', short === 126 ? 16 : 64, number);
  if (all[8] === '1') add('Masking-key', 'key', 32, () => spaced(octets.subarray(-4)));
  return fields;
}

/** A part of a field that stands in one row of the diagram. */
export interface Segment {
  readonly field: HeaderField;
  readonly row: number;
  readonly column: number;
  readonly bits: string;
  readonly isFirst: boolean;
}

/** The fields in rows of `width` bits. */
export function segments(fields: readonly HeaderField[], width: number): Segment[] {
  const all: Segment[] = [];
  for (const field of fields) {
    const end = field.start + field.bits.length;
    for (let at = field.start; at < end; ) {
      const column = at % width;
      const length = Math.min(width - column, end - at);
      const bits = field.bits.slice(at - field.start, at - field.start + length);
      all.push({ field, row: Math.floor(at / width), column, bits, isFirst: at === field.start });
      at += length;
    }
  }
  return all;
}
