/**
 * What a program tells while it runs, in a form that can be compared: one line per entry, without what
 * differs from run to run.
 */

/** Adds a line: a label and values. */
export type Trace = (label: string, ...values: unknown[]) => void;

const builtIns = [RangeError, SyntaxError, TypeError, Error] as const;

/** Collects lines; `ports` are replaced by a word wherever they occur. */
export function createTrace(): { trace: Trace; lines: string[] } {
  const lines: string[] = [];
  const trace: Trace = (label, ...values) => lines.push([label, ...values.map(format)].join(' '));
  return { trace, lines };
}

/** A value as text that says its type: a Buffer is not an ArrayBuffer, and a string is not a Buffer. */
export function format(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(withoutChance(value));
  if (typeof value === 'function') return `function(${value.length})`;
  if (Buffer.isBuffer(value)) return `Buffer ${bytes(value)}`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer ${bytes(Buffer.from(value))}`;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return `${value.constructor.name} ${bytes(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength))}`;
  }
  if (value instanceof Error) return formatError(value);
  if (Array.isArray(value)) return `[${value.map(format).join(', ')}]`;
  if (value instanceof Set) return `Set ${format([...value])}`;
  if (value instanceof Map) return `Map ${format([...value])}`;
  if (typeof value === 'object' && value !== null) return formatObject(value);
  return String(value);
}

function formatObject(value: object): string {
  const name = value.constructor?.name ?? 'null';
  if (name !== 'Object' && name !== 'null') return name;
  return `{${Object.entries(value)
    .map(([key, entry]) => `${key}: ${format(entry)}`)
    .join(', ')}}`;
}

/** The built-in class, the code and the message: the name of our own class is not what callers check. */
function formatError(error: Error): string {
  const builtIn = builtIns.find((candidate) => error instanceof candidate) ?? Error;
  const { code } = error as { code?: unknown };
  return `${builtIn.name}(${code === undefined ? '' : `${String(code)}: `}${withoutChance(error.message)})`;
}

function bytes(buffer: Buffer): string {
  const hex = buffer.toString('hex');
  return hex.length <= 256 ? `<${hex}>` : `<${buffer.length} bytes, ${hex.slice(0, 64)}…>`;
}

/** Ports, keys and dates are chance. */
function withoutChance(text: string): string {
  return text
    .replace(/(127\.0\.0\.1|localhost|\[::1\]):\d{4,5}/g, '$1:<port>')
    .replace(/(Sec-WebSocket-(?:Key|Accept): )\S+/gi, '$1<chance>')
    .replace(/(Date: )[^\r\n]+/g, '$1<chance>');
}
