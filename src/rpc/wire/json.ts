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
  /** What was parsed; `undefined` if it is not JSON. */
  readonly value: unknown;

  constructor(fault: JsonFault, message: string, value?: unknown) {
    super(message);
    this.fault = fault;
    this.value = value;
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
  const fault = faultOf(value, maxDepth);
  if (fault === 'depth') throw new JsonError('depth', 'Nested too deeply', value);
  if (fault === 'proto') throw new JsonError('proto', 'The key "__proto__" is refused', value);
  return value;
}

function faultOf(value: unknown, depth: number): JsonFault | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === 0) return 'depth';
  // `JSON.parse` makes `__proto__` a property like any other, so that the loop meets it.
  for (const key in value) {
    if (key === '__proto__') return 'proto';
    const fault = faultOf((value as Record<string, unknown>)[key], depth - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
