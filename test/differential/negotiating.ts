/** Negotiates permessage-deflate and tells what was agreed, whatever the order of its parameters. */
import { attempt, classesOf } from './classes.js';
import type { Implementation } from './implementations.js';
import { format, type Trace } from './trace.js';

/** Parameters in the order of their names: in a header their order says nothing (RFC 7692 §7). */
export function sorted(params: object | null): object {
  return Object.fromEntries(Object.entries(params ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The configurations of a header's permessage-deflate, such as `; server_max_window_bits=10`. */
export function configurations(implementation: Implementation, parameters: string): object[] {
  return implementation.extension.parse(`permessage-deflate${parameters}`)['permessage-deflate'] as object[];
}

/** What each header makes of these options; `refused` where nothing is agreed on. */
export function negotiate(
  implementation: Implementation,
  trace: Trace,
  options: object,
  headers: readonly string[],
): void {
  const { PerMessageDeflate } = classesOf(implementation);
  for (const header of headers) {
    const deflate = new PerMessageDeflate(options);
    const label = `${format(options)} with ${header}`;
    try {
      const agreed = deflate.accept(configurations(implementation, header) as never);
      trace(label, sorted(agreed), deflate.params === agreed);
    } catch {
      trace(label, 'refused');
    }
  }
}

/** The error with which `accept` refuses. */
export function refusal(
  implementation: Implementation,
  trace: Trace,
  options: object,
  parameters: readonly object[],
): void {
  const { PerMessageDeflate } = classesOf(implementation);
  attempt(trace, format(parameters), () => {
    // A copy: ws writes into what it is given.
    return new PerMessageDeflate(options).accept(structuredClone(parameters) as never);
  });
}
