import { Connection, type ConnectionOptions } from '../../src/browser/connection.js';

/** A connection without RPC, whose messages are written by hand. */
export interface BareConnection {
  readonly connection: Connection;
  /** Sends a text, and resolves with what comes next. */
  ask(text: string): Promise<unknown>;
}

/** Connects. */
export function bareConnection(url: string, options: ConnectionOptions): BareConnection {
  let answered = (_: unknown): void => undefined;
  const message = (data: string | Uint8Array): void => answered(JSON.parse(data as string));
  const connection = new Connection(url, { message }, options);
  return {
    connection,
    ask: async (text) => {
      const answer = new Promise((resolve) => {
        answered = resolve;
      });
      await connection.send(text);
      return answer;
    },
  };
}
