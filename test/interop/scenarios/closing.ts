/** Who closes, with which code and reason, and what both ends see of it. */
import { expect } from 'vitest';
import type { Software } from '../end.js';
import { directionsWith, type Group, type Scenario, transfer } from './scenario.js';

interface Close {
  readonly code?: number;
  readonly reason?: string;
}

const closes: readonly Close[] = [
  { code: 1000, reason: 'done' },
  { code: 1000 },
  { code: 1001, reason: 'going away' },
  { code: 1011, reason: '' },
  { code: 3000, reason: '我是阿宝哥' },
  // 123 bytes are the most that fit into a control frame.
  { code: 4999, reason: `${'é'.repeat(61)}!` },
  {},
];

function isAble({ abilities }: Software, { code }: Close): boolean {
  if (code === undefined) return abilities.has('no code');
  return code === 1000 || code >= 3000 || abilities.has('any code');
}

export const closing: Group = {
  name: 'closing',
  scenarios: (scene) => [
    ...directionsWith(scene, {}).flatMap(({ from, to }): Scenario[] =>
      closes
        .filter((close) => isAble(scene[from], close))
        .map((close) => ({
          name: `by the ${from}: ${close.code ?? 'no code'} ${close.reason?.slice(0, 12) ?? ''}`,
          async run() {
            const ends = await scene.open();
            await transfer(ends[from], ends[to], ['last words']);
            ends[from].close(close.code, close.reason);
            const seen = { code: close.code ?? 1005, reason: close.reason ?? '' };
            expect(await ends[to].closed).toEqual(seen);
            // The answer repeats the code; whether it repeats the reason is left open (RFC 6455 §5.5.1).
            expect((await ends[from].closed).code).toBe(seen.code);
          },
        })),
    ),
    {
      name: 'by both at once',
      async run() {
        const { client, server } = await scene.open();
        client.close(4001, 'client');
        server.close(4002, 'server');
        const [clientSaw, serverSaw] = await Promise.all([client.closed, server.closed]);
        expect([4001, 4002]).toContain(clientSaw.code);
        expect([4001, 4002]).toContain(serverSaw.code);
      },
    },
    ...directionsWith(scene, { from: ['abort'] }).map(
      ({ from, to }): Scenario => ({
        name: `the ${from} is gone without a word`,
        async run() {
          const ends = await scene.open();
          await transfer(ends[from], ends[to], ['last words']);
          ends[from].abort?.();
          expect(await ends[to].closed).toEqual({ code: 1006, reason: '' });
        },
      }),
    ),
    ...directionsWith(scene, { from: ['leave'] }).map(
      ({ from, to }): Scenario => ({
        name: `the ${from} leaves its page`,
        async run() {
          const ends = await scene.open();
          await transfer(ends[from], ends[to], ['last words']);
          ends[from].leave?.();
          expect(await ends[to].closed).toEqual({ code: 1001, reason: '' });
        },
      }),
    ),
  ],
};
