/** Clients that call `add`: that of each peer, since it is the one that its users have. */
import { type EventEmitter, once } from 'node:events';
import { api, type Operands } from '../rpc-contract.js';

/** One connection. */
export interface RpcCaller {
  add(params: Operands): Promise<unknown>;
  close(): void;
}

interface RpcWebSockets {
  readonly Client: new (
    url: string,
    options: { reconnect: boolean },
  ) => EventEmitter & {
    call(method: string, params: Operands): Promise<unknown>;
    close(): void;
  };
}

interface SocketIo {
  io(
    url: string,
    options: { transports: readonly string[]; forceNew: boolean },
  ): EventEmitter & {
    emitWithAck(event: string, params: Operands): Promise<unknown>;
    close(): void;
  };
}

const openers: Readonly<Record<string, (url: string) => Promise<RpcCaller>>> = {
  hawser: openHawser,
  'rpc-websockets': openRpcWebSockets,
  'socket.io': openSocketIo,
};

/** Connects with the client of a peer. */
export async function openCaller(peer: string, url: string): Promise<RpcCaller> {
  const open = openers[peer];
  if (open === undefined) throw new Error(`${peer} has no client for calls`);
  return open(url);
}

async function openHawser(url: string): Promise<RpcCaller> {
  const { connect } = await import('hawser/client');
  const client = connect(url, { api });
  return { add: client.call.add, close: () => client.close() };
}

async function openRpcWebSockets(url: string): Promise<RpcCaller> {
  const library = 'rpc-websockets';
  const { Client } = (await import(library)) as RpcWebSockets;
  const client = new Client(url, { reconnect: false });
  await opened(client, 'open');
  const release = failOn(client, 'close');
  return {
    add: (params) => client.call('add', params),
    close: () => release().close(),
  };
}

async function openSocketIo(url: string): Promise<RpcCaller> {
  const library = 'socket.io-client';
  const { io } = (await import(library)) as SocketIo;
  const socket = io(url, { transports: ['websocket'], forceNew: true });
  await opened(socket, 'connect');
  const release = failOn(socket, 'disconnect');
  return {
    add: (params) => socket.emitWithAck('add', params),
    close: () => release().close(),
  };
}

async function opened(client: EventEmitter, event: string): Promise<void> {
  await once(client, event, { signal: AbortSignal.timeout(10_000) });
}

/** A lost connection ends the process: some clients leave their calls without an answer then. */
function failOn<Client extends EventEmitter>(client: Client, event: string): () => Client {
  const fail = (): void => {
    throw new Error('the server has closed a connection');
  };
  client.on(event, fail);
  return () => {
    client.off(event, fail);
    return client;
  };
}
