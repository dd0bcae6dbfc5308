/** What the server of the programs does when it is called. */

import { rpcServer } from '../../../src/rpc/server/index.js';
import { api, clientApi } from './api.js';

/** What the calls have left, for a program to see. */
export interface State {
  count: number;
  made: number;
  notes: string[];
  waiting: ((answer: string) => void)[];
  tokens: string[];
}

/** Nothing was called. */
export const blank = (): State => ({ count: 0, made: 0, notes: [], waiting: [], tokens: [] });

/**
 * Makes the RPC server.
 * @param current what it keeps is there
 * @param isTokenNeeded whether clients authenticate by `name:milliseconds`, or `name:never` to be refused
 */
export function rpcOf(current: () => State, isTokenNeeded: boolean) {
  const verify = (token: string) => {
    current().tokens.push(token);
    const [name = '', lasts] = token.split(':');
    if (lasts === 'never') throw new Error('a bad token');
    return { context: name, principal: name, expires: Date.now() + Number(lasts) };
  };
  return rpcServer<typeof api, string, typeof clientApi>(
    api,
    {
      add: ({ a, b }) => a + b,
      fail: () => {
        throw new Error('a secret');
      },
      wait: (_, { signal }) =>
        new Promise((resolve, reject) => {
          current().waiting.push(resolve);
          signal.addEventListener('abort', () => {
            current().notes.push(String(signal.reason.message));
            reject(signal.reason);
          });
        }),
      count: () => current().count,
      raise: () => ++current().count,
      note: (texts) => current().notes.push(...texts),
      notes: () => current().notes,
      numbers: async function* ({ from }) {
        try {
          for (let n = from; ; n++) {
            current().made++;
            yield n;
          }
        } finally {
          current().notes.push('released');
        }
      },
      made: () => current().made,
      whoAmI: (_, { context }) => context,
      askBack: ({ question }, { client }) => client.answer({ question }),
    },
    { calls: clientApi, ...(isTokenNeeded ? { authentication: { verify } } : {}) },
  );
}
