import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type TappedFrame, WebSocket, WebSocketServer } from '../../src/index.js';
import { uncaught } from '../node/connected.js';

/** Both ends of a connection. */
async function connect() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  onTestFinished(() => {
    client.terminate();
    server.close();
  });
  const accepted = once(server, 'connection');
  await once(client, 'open');
  const [socket] = (await accepted) as [WebSocket];
  return { client, socket };
}

const words = ({ direction, opcode, payload }: TappedFrame): string => `${direction} ${opcode} ${payload}`;

describe('tapFrames', () => {
  it('shows both ends the same frames, a client’s with the key that masked them', async () => {
    const { client, socket } = await connect();
    const [atClient, atServer]: TappedFrame[][] = [[], []];
    client.tapFrames((frame) => atClient.push(frame));
    socket.tapFrames((frame) => atServer.push(frame));
    socket.on('message', (data) => socket.send(`${data}!`));
    client.send('hello');
    await once(client, 'message');
    client.close(4000, 'bye');
    await once(socket, 'close');
    expect(atClient.map(words)).toEqual([
      'sent 1 hello',
      'received 1 hello!',
      expect.stringMatching(/^sent 8 .*bye$/),
      expect.stringMatching(/^received 8 .*bye$/),
    ]);
    const seen = ({ direction: _, ...frame }: TappedFrame) => frame;
    expect(atServer.map(seen)).toEqual(atClient.map(seen));
    expect(atServer.map(({ maskingKey }) => maskingKey === null)).toEqual([false, true, false, true]);
  });

  it('gives each listener as much as it asked for, until it has enough', async () => {
    const { client, socket } = await connect();
    const [all, some]: string[][] = [[], []];
    const note = (list: string[]) => (frame: TappedFrame) => list.push(words(frame));
    const endAll = socket.tapFrames(note(all), { captureLength: 10 });
    const endSome = socket.tapFrames(note(some), { captureLength: 2 });
    const receive = async (text: string): Promise<void> => {
      client.send(text);
      await once(socket, 'message');
    };
    await receive('one');
    endAll();
    endAll();
    await receive('two');
    endSome();
    await receive('three');
    expect([all, some]).toEqual([['received 1 one'], ['received 1 on', 'received 1 tw']]);
  });

  it('a listener that throws harms neither the connection nor another listener', async () => {
    const { client, socket } = await connect();
    const seen: string[] = [];
    socket.tapFrames(() => {
      throw new Error('the listener’s');
    });
    socket.tapFrames((frame) => seen.push(words(frame)));
    const errors = await uncaught(async () => {
      client.send('text');
      await once(socket, 'message');
    });
    expect(String(errors)).toBe('Error: the listener’s');
    expect(seen).toEqual(['received 1 text']);
  });

  it('needs a connection, and an option that makes sense', async () => {
    const { client, socket } = await connect();
    const connecting = new WebSocket(client.url);
    expect(() => connecting.tapFrames(() => undefined)).toThrow('CONNECTING');
    connecting.on('error', () => undefined).terminate();
    expect(() => socket.tapFrames(() => undefined, { captureLength: -1 })).toThrow('"captureLength"');
    client.close();
    await once(client, 'close');
    expect(() => client.tapFrames(() => undefined)).toThrow(
      expect.objectContaining({ code: 'WS_ERR_NOT_OPEN' }),
    );
  });
});
