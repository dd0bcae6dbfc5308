/**
 * MQTT.js over WebSocket to aedes behind a `WebSocketServer`: the tests for one kind of client. MQTT.js takes the
 * kind of its first connection for all, so each kind has a file of its own.
 */
import { type EventEmitter, once } from 'node:events';
import { Aedes } from 'aedes';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWebSocketStream } from 'ws';
import { listen, nextConnection } from './endpoints.js';

/** A broker on a `WebSocketServer`. */
async function serve() {
  const broker = await Aedes.createBroker();
  const { server, url } = await listen();
  server.on('connection', (socket, request) => {
    const stream = createWebSocketStream(socket);
    // The broker closes a stream that failed; the failure itself is nobody's.
    stream.on('error', () => undefined);
    broker.handle(stream, request);
  });
  onTestFinished(() => new Promise<void>((resolve) => broker.close(() => resolve())));
  return { broker, server, url };
}

/** The next event of a client, with its arguments. Its class is an emitter; the type of it is not. */
function next(client: MqttClient, event: 'connect' | 'message' | 'close') {
  return once(client as unknown as EventEmitter, event);
}

/** The next message of a client. */
async function nextMessage(client: MqttClient): Promise<[topic: string, payload: string, retain: boolean]> {
  const [topic, payload, packet] = await next(client, 'message');
  return [topic, String(payload), packet.retain];
}

/** Defines the tests. */
export function testMqtt(name: string, kind: IClientOptions): void {
  const connect = async (url: string, options: IClientOptions = {}) => {
    const client = mqtt.connect(url, { ...kind, reconnectPeriod: 0, connectTimeout: 15_000, ...options });
    onTestFinished(async () => void (await client.endAsync(true)));
    await next(client, 'connect');
    return client;
  };

  describe(`MQTT.js with ${name}`, () => {
    it('connects with the subprotocol mqtt', async () => {
      const { broker, server, url } = await serve();
      const connection = nextConnection(server);
      const client = await connect(url, { clientId: 'one' });
      expect([client.connected, broker.connectedClients]).toEqual([true, 1]);
      expect((await connection).protocol).toBe('mqtt');
    });

    it('closes the WebSocket when it ends', async () => {
      const { server, url } = await serve();
      const connection = nextConnection(server);
      const client = await connect(url);
      const end = once(await connection, 'close');
      await client.endAsync();
      await end;
      expect(client.connected).toBe(false);
    });

    it.each([0, 1, 2] as const)('publishes and receives with QoS %d', async (qos) => {
      const { url } = await serve();
      const [publisher, subscriber] = await Promise.all([connect(url), connect(url)]);
      const [granted] = await subscriber.subscribeAsync('sensors/+', { qos });
      expect(granted).toMatchObject({ topic: 'sensors/+', qos });
      for (const text of ['first', 'second', '']) {
        const message = nextMessage(subscriber);
        await publisher.publishAsync('sensors/one', text, { qos });
        expect(await message).toEqual(['sensors/one', text, false]);
      }
    });

    it('receives many messages in order', async () => {
      const { url } = await serve();
      const [publisher, subscriber] = await Promise.all([connect(url), connect(url)]);
      await subscriber.subscribeAsync('count', { qos: 1 });
      const received: number[] = [];
      const all = new Promise<void>((resolve) => {
        subscriber.on('message', (_topic, payload) => {
          if (received.push(Number(payload)) === 200) resolve();
        });
      });
      const numbers = Array.from({ length: 200 }, (_, index) => index);
      await Promise.all(numbers.map((number) => publisher.publishAsync('count', `${number}`, { qos: 1 })));
      await all;
      expect(received).toEqual(numbers);
    });

    it('gets a retained message when it subscribes', async () => {
      const { url } = await serve();
      const publisher = await connect(url);
      await publisher.publishAsync('state', 'on', { qos: 1, retain: true });
      const subscriber = await connect(url);
      const message = nextMessage(subscriber);
      await subscriber.subscribeAsync('state');
      expect(await message).toEqual(['state', 'on', true]);
    });

    it('carries 1 MiB, byte for byte', async () => {
      const { url } = await serve();
      const [publisher, subscriber] = await Promise.all([connect(url), connect(url)]);
      await subscriber.subscribeAsync('large', { qos: 1 });
      const payload = Buffer.alloc(1024 * 1024);
      for (let index = 0; index < payload.length; index += 4) {
        payload.writeUInt32LE(Math.imul(index, 2_654_435_761) >>> 0, index);
      }
      const received = next(subscriber, 'message');
      await publisher.publishAsync('large', payload, { qos: 1 });
      const [, bytes] = await received;
      expect(payload.equals(bytes)).toBe(true);
    });

    it('leaves its will when its connection ends abruptly', async () => {
      const { server, url } = await serve();
      const watcher = await connect(url);
      await watcher.subscribeAsync('wills/#', { qos: 1 });
      const will = nextMessage(watcher);
      const connection = nextConnection(server);
      const payload = Buffer.from('gone');
      const client = await connect(url, { will: { topic: 'wills/one', payload, qos: 1 } });
      const end = next(client, 'close');
      (await connection).terminate();
      expect(await will).toEqual(['wills/one', 'gone', false]);
      await end;
    });

    it('connects again after the server terminated it, with its subscriptions', async () => {
      const { server, url } = await serve();
      const connection = nextConnection(server);
      const client = await connect(url, { reconnectPeriod: 1, clean: false, clientId: 'returns' });
      await client.subscribeAsync('news', { qos: 1 });
      const again = next(client, 'connect');
      (await connection).terminate();
      const [connack] = await again;
      expect(connack.sessionPresent).toBe(true);
      const publisher = await connect(url);
      const message = nextMessage(client);
      await publisher.publishAsync('news', 'back', { qos: 1 });
      expect(await message).toEqual(['news', 'back', false]);
    });

    it('sends what was published while it was away', async () => {
      const { server, url } = await serve();
      const connection = nextConnection(server);
      const client = await connect(url, { reconnectPeriod: 1 });
      const watcher = await connect(url);
      await watcher.subscribeAsync('later', { qos: 1 });
      const message = nextMessage(watcher);
      const end = next(client, 'close');
      (await connection).terminate();
      await end;
      await client.publishAsync('later', 'queued', { qos: 1 });
      expect(await message).toEqual(['later', 'queued', false]);
    });
  });
}
