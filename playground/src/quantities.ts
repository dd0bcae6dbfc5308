/** Numbers with their units, in the page's language. */
import { texts } from './language/language.js';

/** A number with its digits grouped. */
export function grouped(count: number): string {
  return new Intl.NumberFormat(texts.value.tag).format(count);
}

/** A number of bytes, such as `5,242,880 bytes`. */
export function bytes(count: number): string {
  return texts.value.bytes(count, grouped(count));
}

/** A time span in milliseconds, such as `3.2 ms`. */
export function milliseconds(span: number): string {
  return `${grouped(Number(span.toPrecision(span < 100 ? 2 : 3)))}\u00a0ms`;
}

/** A longer time span, such as `12.3 s`. */
export function seconds(span: number): string {
  return `${(span / 1000).toFixed(1)}\u00a0s`;
}

/** A close code with its name, such as `1000 (normal closure)`. */
export function closeCode(code: number): string {
  const { codes, ownCode } = texts.value;
  const name = codes[code] ?? (code >= 4000 ? ownCode : undefined);
  return name === undefined ? String(code) : `${code} (${name})`;
}
