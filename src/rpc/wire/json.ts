/**
 * JSON of a peer: bounded in depth, since what handles it may be recursive, and without the key `__proto__`, which
 * code that copies objects takes for the prototype.
 */

/** Why a text was refused. */
export type JsonFault = 'syntax' | 'depth' | 'proto';

/** A text that is not taken. */
export class JsonError extends Error {
  override readonly name: string = 'JsonError';
  readonly fault: JsonFault;

  constructor(fault: JsonFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/**
 * Parses a text.
 * @param text JSON (RFC 8259)
 * @param maxDepth how deep arrays and objects may be nested
 * @throws JsonError for a text that is not JSON, is nested deeper or has a key `__proto__`
 */
export function parseJson(text: string, maxDepth: number): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new JsonError('syntax', 'Parse error');
  }
  check(value, maxDepth);
  return value;
}

function check(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw new JsonError('depth', 'Nested too deeply');
  if (Array.isArray(value)) {
    for (const element of value) check(element, depth - 1);
    return;
  }
  // `JSON.parse` makes `__proto__` a property like any other, so that the loop meets it.
  for (const key in value) {
    if (key === '__proto__') throw new JsonError('proto', 'The key "__proto__" is refused');
    check((value as Record<string, unknown>)[key], depth - 1);
  }
}
