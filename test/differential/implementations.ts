/** The two implementations that the programs run on: ws as it is published, and our sources. */
import { createRequire } from 'node:module';
import * as hawser from '../../src/index.js';
import type Ws from '../peers/node_modules/@types/ws/index.js';

/** The types of ws, for programs that name them. */
export type WebSocket = Ws;
export type WebSocketServer = Ws.WebSocketServer;
export type ServerOptions = Ws.ServerOptions;
export type ClientOptions = Ws.ClientOptions;
export type RawData = Ws.RawData;

/** What a program may use: what ws exports, under the names that ws has. */
export type Implementation = typeof Ws & {
  readonly extension: {
    parse(header: string): Record<string, Record<string, (string | true)[]>[]>;
    format(extensions: object): string;
  };
  readonly subprotocol: { parse(header: string): Set<string> };
};

export const implementations = {
  ws: createRequire(new URL('../peers/package.json', import.meta.url))('ws') as Implementation,
  hawser: hawser.WebSocket as unknown as Implementation,
} as const;
