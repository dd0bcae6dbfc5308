/** Pings that the other end answers. */
import { directionsWith, expectSame, type Group, type Scenario } from './scenario.js';

const payloads = ['', 'ping', 'é'.repeat(62)];

export const pings: Group = {
  name: 'pings',
  scenarios: (scene) =>
    directionsWith(scene, { from: ['ping'] }).map(
      ({ from, to }): Scenario => ({
        name: `from the ${from}`,
        async run() {
          const ends = await scene.open();
          for (const payload of payloads) expectSame((await ends[from].ping?.(payload)) ?? 'none', payload);
          await ends[from].send('still there');
          expectSame(await ends[to].message(), 'still there');
        },
      }),
    ),
};
