/** permessage-deflate: who offers it, with which parameters (RFC 7692 §7.1), and what comes out of it. */
import { expect } from 'vitest';
import type { DeflateParameters, End, Message } from '../end.js';
import type { Ends, Scene, SceneOptions } from '../scene.js';
import { ascii, directionsWith, exchange, type Group, noise, type Scenario, transfer } from './scenario.js';

const windowBits = [9, 10, 11, 12, 13, 14, 15];

/** 15 is what holds without the parameter, too. */
const agreedBits = (role: string, bits: number): string[] =>
  bits === 15 ? ['permessage-deflate'] : [`${role}_max_window_bits=${bits}`];

/** What an end may ask for, and what then has to be in the response's header. */
const agreements: readonly { readonly asked: DeflateParameters; readonly agreed: readonly string[] }[] = [
  { asked: {}, agreed: ['permessage-deflate'] },
  {
    asked: { serverNoContextTakeover: true, clientNoContextTakeover: true },
    agreed: ['server_no_context_takeover', 'client_no_context_takeover'],
  },
  { asked: { serverNoContextTakeover: true }, agreed: ['server_no_context_takeover'] },
  ...windowBits.map((bits) => ({
    asked: { serverMaxWindowBits: bits },
    agreed: agreedBits('server', bits),
  })),
  ...windowBits.map((bits) => ({
    asked: { clientMaxWindowBits: bits },
    agreed: agreedBits('client', bits),
  })),
];

const takeover: DeflateParameters = { serverNoContextTakeover: false, clientNoContextTakeover: false };

const noTakeover: DeflateParameters = { serverNoContextTakeover: true, clientNoContextTakeover: true };

/** Data that repeats itself at the distance: a window that is too large for the other end would show. */
const repeating = (distance: number): Buffer =>
  Buffer.concat([noise(distance, distance), noise(distance, distance)]);

/** Some of each kind: compressible, random, empty, longer than windows. */
const some: readonly Message[] = [
  ascii(2_000),
  noise(1_000),
  '',
  repeating(300),
  repeating(3_000),
  repeating(20_000),
  ascii(2_000),
];

/** Many in a row, each with something of those before. */
const inARow: readonly Message[] = [
  ...Array.from({ length: 50 }, (_, index) => [
    JSON.stringify({ id: index, name: 'hawser', values: [index, index * 2], text: ascii(300) }),
    noise(500 + index, index),
    '',
  ]).flat(),
  repeating(31_000),
  ascii(200_000),
  noise(200_000),
];

const label = (asked: DeflateParameters): string =>
  Object.entries(asked)
    .map(([name, value]) => ` ${name} ${value}`)
    .join(',');

function agreementOf({ client, server }: Ends): string {
  return (server.agreement || client.agreement || '').replaceAll(' ', '');
}

async function agree(
  scene: Scene,
  options: SceneOptions,
  agreed: readonly string[],
  messages: readonly Message[],
): Promise<Ends> {
  const ends = await scene.open(options);
  expect([ends.client.compresses, ends.server.compresses]).toEqual([true, true]);
  expect(agreementOf(ends).split(';')).toEqual(expect.arrayContaining([...agreed]));
  await exchange(ends, messages);
  return ends;
}

/** Bytes on the wire for a message that is nearly nothing once it is compressed. */
async function cost(from: End, to: End): Promise<number> {
  const count = (): number => from.traffic?.().written ?? to.traffic?.().read ?? 0;
  const before = count();
  await transfer(from, to, [ascii(100_000)]);
  return count() - before;
}

export const compression: Group = {
  name: 'compression',
  scenarios: (scene) => [
    {
      name: 'not agreed: the server has none',
      async run() {
        const ends = await scene.open({ client: { deflate: {} } });
        expect([ends.client.compresses, ends.server.compresses]).toEqual([false, false]);
        await exchange(ends, [ascii(10_000), noise(10_000)]);
      },
    },
    ...(scene.client.abilities.has('deflate parameters')
      ? [
          {
            name: 'not agreed: the client offers none',
            async run() {
              const ends = await scene.open({ server: { deflate: {} } });
              expect([ends.client.compresses, ends.server.compresses]).toEqual([false, false]);
              await exchange(ends, [ascii(10_000), noise(10_000)]);
            },
          },
        ]
      : []),
    ...(['client', 'server'] as const)
      .filter((who) => scene[who].abilities.has('deflate parameters'))
      .flatMap((who): Scenario[] =>
        agreements.map(({ asked, agreed }) => ({
          name: `the ${who} asks:${label(asked) || ' no parameters'}`,
          run: async () =>
            void (await agree(
              scene,
              { client: { deflate: {} }, server: { deflate: {} }, [who]: { deflate: asked } },
              agreed,
              some,
            )),
        })),
      ),
    {
      name: 'many in a row with context takeover, as far as both have it',
      async run() {
        const ends = await agree(scene, { both: { deflate: takeover } }, ['permessage-deflate'], inARow);
        expect(agreementOf(ends)).not.toContain('no_context_takeover');
      },
    },
    {
      name: 'many in a row without context takeover',
      async run() {
        await agree(scene, { both: { deflate: noTakeover } }, ['permessage-deflate'], inARow);
      },
    },
    ...directionsWith(scene, { from: ['compresses'] })
      .filter(({ from, to }) => [from, to].some((end) => scene[end].abilities.has('traffic')))
      .map(
        ({ from, to }): Scenario => ({
          name: `the ${from} sends fewer bytes`,
          async run() {
            const ends = await scene.open({ both: { deflate: {} } });
            const bytes = await cost(ends[from], ends[to]);
            expect(bytes).toBeGreaterThan(20);
            expect(bytes).toBeLessThan(10_000);
          },
        }),
      ),
  ],
};
