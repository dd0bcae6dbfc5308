/** What the server offers. Both ends import it: types and checks follow from it. */
import { call, contract, query, stream } from 'hawser/rpc';
import { z } from 'zod';

const user = z.object({ id: z.number().int(), name: z.string() });
export type User = z.infer<typeof user>;

export const api = contract({
  /** Makes the connection belong to a user. The token does the same on later connections. */
  auth: call({
    input: z.object({ user: z.string().max(100), password: z.string().max(100) }),
    output: z.object({ user: z.string(), token: z.string() }),
    positional: ['user', 'password'],
  }),
  getUsers: query({ output: z.array(user) }),
  /** Changes something, and yet may be sent again when the connection was lost: it is carried out once. */
  addUser: call({
    input: z.object({ name: z.string().trim().min(1).max(50) }),
    output: user,
    positional: ['name'],
    idempotent: true,
  }),
  /** Counts on, every so many milliseconds. */
  ticks: stream({
    input: z.object({ every: z.number().int().min(10).max(60_000) }),
    item: z.object({ count: z.number().int(), at: z.iso.datetime() }),
    positional: ['every'],
  }),
});
