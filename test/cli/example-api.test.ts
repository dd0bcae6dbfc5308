import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Client, connect } from 'hawser/client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { endpoints } from '../../src/cli/endpoints.js';
import { exampleContract, samples } from '../../src/cli/example-contract.js';
import { WebSocket } from '../../src/index.js';

let url: string;
let client: Client<typeof exampleContract>;

beforeEach(async () => {
  const http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const servers = endpoints(http, () => undefined);
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/rpc`;
  client = connect(url, { api: exampleContract, watchdog: false });
  onTestFinished(async () => {
    client.close();
    await Promise.all(servers.map((server) => server.drain({ deadline: 0 })));
    http.close();
  });
});

describe('the example API of hawser serve', () => {
  it('answers', async () => {
    const { call } = client;
    expect(await call.add({ a: 1, b: 2 })).toBe(3);
    expect(await call.echo({ value: ['我是阿宝哥', null] })).toEqual(['我是阿宝哥', null]);
    expect(await call.getUsers({ ms: 0 })).toHaveLength(3);
    expect(await call.slow({ ms: 1 })).toBe('took 1 ms');
    await call.note({ text: 'nobody answers' });
  });

  it('has a sample for every method', () => {
    expect(Object.keys(samples)).toEqual(Object.keys(exampleContract));
  });

  it('does not tell why it failed, and tells why it refused', async () => {
    const internal = await client.call.fail().catch((error) => error);
    expect(internal).toMatchObject({ code: -32603, message: 'Internal error', data: undefined });
    await expect(client.call.refuse()).rejects.toMatchObject({
      code: 1001,
      message: 'Out of stock',
      data: { back: '2 days' },
    });
  });

  it('counts payments, and refuses what is none', async () => {
    expect(await client.call.pay({ amount: 5, ms: 0 })).toEqual({ payment: 1, amount: 5 });
    expect(await client.call.pay({ amount: 6, ms: 0 })).toEqual({ payment: 2, amount: 6 });
    for (const amount of [0, -1, 1001]) {
      await expect(client.call.pay({ amount, ms: 0 })).rejects.toMatchObject({ code: -32602 });
    }
  });

  it('streams, within bounds', async () => {
    const numbers: number[] = [];
    for await (const number of client.call.count({ to: 1e9 })) numbers.push(number);
    expect([numbers.length, numbers.at(-1)]).toEqual([5000, 5000]);
    for await (const tick of client.call.ticks({ every: 0 })) if (tick === 2) break;
    await expect(client.stream('count', { to: '3' })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: -32602,
    });
  });

  it.each([
    ['add', [1]],
    ['add', { a: '1', b: 2 }],
    ['slow', { ms: null }],
    ['getUsers', [-1, 2]],
  ])('refuses %s %j', async (method, params) => {
    await expect(client.request(method, params)).rejects.toMatchObject({ code: -32602 });
  });

  it('takes lines that are typed by hand', async () => {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    socket.send('{"method":"add","args":[1,2]}');
    const [answer] = await once(socket, 'message');
    expect(JSON.parse(String(answer))).toEqual({ method: 'add', result: 3 });
    socket.close();
  });
});
