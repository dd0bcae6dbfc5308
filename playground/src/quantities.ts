/**
 * Numbers with their units, for people.
 */

const grouped = new Intl.NumberFormat('en');

/** A number of bytes, such as `5,242,880 bytes`. */
export function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${grouped.format(count)} bytes`;
}

/** A time span in milliseconds, such as `3.2 ms`. */
export function milliseconds(span: number): string {
  return `${grouped.format(Number(span.toPrecision(span < 100 ? 2 : 3)))}\u00a0ms`;
}
