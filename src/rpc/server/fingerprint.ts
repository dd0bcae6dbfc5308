/**
 * A fingerprint of a JSON value: equal for equal values, whatever the order of members. It is no cryptographic hash: the
 * only one who can make two values meet is the caller, for a key of its own.
 */
export function fingerprint(value: unknown): string {
  const text = JSON.stringify(value, sorted) ?? '';
  return `${text.length.toString(36)}.${hash(text, 0x811c9dc5)}.${hash(text, 0x01000193)}`;
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string, seed: number): string {
  let state = seed;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  return (state >>> 0).toString(36);
}
