/** What hawser's server offers and its client calls. Both ends check the values, as those of a user do. */
import { call, contract, schema } from 'hawser/rpc';

/** The parameters of `add`, for all peers. */
export interface Operands {
  readonly a: number;
  readonly b: number;
}

export const api = contract({
  add: call({ input: schema(operandsOf), output: schema(numberOf) }),
});

function operandsOf(value: unknown): Operands {
  const { a, b } = Object(value);
  return { a: numberOf(a), b: numberOf(b) };
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new Error('a number is needed');
  return value;
}
