/** Handshakes that the server refuses, and messages that an end does not want. */
import { expect } from 'vitest';
import { Refused, type ServerOptions } from '../end.js';
import type { Scene } from '../scene.js';
import { ascii, directionsWith, expectSame, type Group, type Scenario } from './scenario.js';

const maxPayload = 1000;

async function refused(scene: Scene, options: ServerOptions, status: number): Promise<void> {
  const listening = await scene.listen(options);
  const error = await scene.connect(listening).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Refused);
  expect((error as Refused).status).toBe(scene.client.abilities.has('status') ? status : undefined);
}

export const refusals: Group = {
  name: 'refusals',
  scenarios: (scene) => [
    ...([401, 403] as const).map(
      (status): Scenario => ({
        name: `${status}`,
        run: () => refused(scene, { refuse: status }, status),
      }),
    ),
    ...(scene.client.abilities.has('origin')
      ? [{ name: 'the origin', run: () => refused(scene, { refuseOrigins: true }, 403) }]
      : []),
  ],
};

export const limits: Group = {
  name: 'limits',
  scenarios: (scene) =>
    directionsWith(scene, { to: ['limit'] }).flatMap(({ from, to }): Scenario[] => [
      {
        name: `a message that is too long for the ${to}`,
        async run() {
          const ends = await scene.open({ [to]: { maxPayload } });
          const fits = ascii(maxPayload);
          await ends[from].send(fits);
          expectSame(await ends[to].message(), fits);
          await ends[from].send(`${fits}!`);
          expect((await ends[from].closed).code).toBe(1009);
        },
      },
      ...(scene[from].abilities.has('compresses')
        ? [
            {
              name: `a message that is too long for the ${to} once it is inflated`,
              async run() {
                const ends = await scene.open({ [to]: { maxPayload }, both: { deflate: {} } });
                await ends[from].send('a'.repeat(100_000));
                expect((await ends[from].closed).code).toBe(1009);
              },
            },
          ]
        : []),
    ]),
};
