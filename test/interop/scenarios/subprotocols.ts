/** What the two agree to speak. */
import { expect } from 'vitest';
import { Refused } from '../end.js';
import type { Group } from './scenario.js';

const protocols = ['chat.v2', 'chat.v1'];

export const subprotocols: Group = {
  name: 'subprotocols',
  scenarios: (scene) => [
    ...protocols.map((protocol) => ({
      name: `${protocol} of two`,
      async run() {
        const ends = await scene.open({ client: { protocols }, server: { protocol } });
        expect([ends.client.protocol, ends.server.protocol]).toEqual([protocol, protocol]);
      },
    })),
    {
      name: 'none offered',
      async run() {
        const ends = await scene.open({ server: { protocol: 'chat.v1' } });
        expect([ends.client.protocol, ends.server.protocol]).toEqual(['', '']);
      },
    },
    scene.client.abilities.has('no subprotocol needed')
      ? {
          name: 'none chosen, and none needed',
          async run() {
            const ends = await scene.open({ client: { protocols } });
            expect([ends.client.protocol, ends.server.protocol]).toEqual(['', '']);
          },
        }
      : {
          name: 'none chosen: the client gives up',
          async run() {
            const listening = await scene.listen({});
            const connecting = scene.connect(listening, { protocols }).then(
              () => undefined,
              (reason: Error) => reason,
            );
            const accepted = await listening.accepted();
            const error = await connecting;
            if (!(error instanceof Refused)) expect(error?.message).toMatch(/subprotocol/);
            expect((await accepted.closed).code).toBe(1006);
          },
        },
  ],
};
