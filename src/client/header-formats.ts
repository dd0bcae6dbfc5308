/**
 * The two headers of negotiation in the form that `ws` gives them: objects by name and sets. Reading and writing
 * is the engine's; only the form is made here. It may not know what an extension or a subprotocol means.
 */

import {
  type ExtensionOffer,
  type ExtensionParameter,
  parseExtensions,
  serializeExtensions,
} from '../protocol/handshake/extensions.js';
import { parseSubprotocols } from '../protocol/handshake/subprotocol.js';

/** Parameters of one extension by name, each with its values in order; `true` stands for no value. */
export type ExtensionParameters = Record<string, (string | true)[]>;

/** Parameters of one extension as they may be given: one value or several, numbers too. */
export type ExtensionParametersInput = Readonly<
  Record<string, ExtensionValue | readonly ExtensionValue[] | undefined>
>;

/** A parameter's value; `true` stands for none. */
export type ExtensionValue = string | number | true;

/** Reads and writes `Sec-WebSocket-Extensions` (RFC 6455 §9.1). */
export const extension = {
  /**
   * The extensions of a header by name, each with the parameters of every offer of it. The objects have no
   * prototype, since the names are the peer's.
   *
   * @throws HandshakeError `WS_ERR_INVALID_EXTENSIONS_HEADER` for anything that the grammar does not give
   */
  parse(header: string): Record<string, ExtensionParameters[]> {
    return grouped(parseExtensions(header).map(({ name, parameters }) => [name, grouped(pairs(parameters))]));
  },

  /**
   * The header that says `extensions`.
   *
   * @throws UsageError `WS_ERR_INVALID_ARGUMENT` if a name or a value is not a token
   */
  format(
    extensions: Readonly<Record<string, ExtensionParametersInput | readonly ExtensionParametersInput[]>>,
  ): string {
    return serializeExtensions(
      Object.entries(extensions).flatMap(([name, offers]) =>
        listOf(offers).map((parameters) => extensionOffer(name, parameters)),
      ),
    );
  },
};

/** Reads `Sec-WebSocket-Protocol` (RFC 6455 §4.1 item 10). */
export const subprotocol = {
  /**
   * The subprotocols of a header in their order.
   *
   * @throws HandshakeError `WS_ERR_INVALID_PROTOCOL_HEADER` if there is none, one is no token, or one comes twice
   */
  parse(header: string): Set<string> {
    return parseSubprotocols(header);
  },
};

/** An extension with its parameters as the engine has it. */
export function extensionOffer(name: string, parameters: ExtensionParametersInput): ExtensionOffer {
  return {
    name,
    parameters: Object.entries(parameters).flatMap(([parameter, values]) =>
      values === undefined
        ? []
        : listOf(values).map((value) => ({ name: parameter, value: value === true ? value : String(value) })),
    ),
  };
}

function pairs(parameters: readonly ExtensionParameter[]): [string, string | true][] {
  return parameters.map(({ name, value }) => [name, value]);
}

/** Values by name, in an object without a prototype: there `__proto__` is a name as any other. */
function grouped<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value[]> {
  const groups: Record<string, Value[]> = Object.create(null);
  for (const [name, value] of entries) {
    const group = groups[name];
    if (group === undefined) groups[name] = [value];
    else group.push(value);
  }
  return groups;
}

function listOf<Value>(value: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(value) ? value : [value as Value];
}
