/** More than the buffers hold, to an end that does not read for a while. */
import { expect } from 'vitest';
import type { End, Message } from '../end.js';
import { directionsWith, expectSame, type Group, noise, type Scenario, transfer } from './scenario.js';

const burst: readonly Message[] = Array.from({ length: 64 }, (_, index) => noise(256 * 1024, index));

/** Sends until the sender is told to wait, then everything; the receiver reads only then. */
async function push(from: Required<Pick<End, 'push' | 'drained'>>, to: End): Promise<void> {
  const answers = burst.map((message) => from.push(message));
  expect(answers).toContain(false);
  const drained = from.drained();
  let hasDrained = false;
  void drained.then(() => {
    hasDrained = true;
  });
  // The first message is on its way, the last cannot be.
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasDrained).toBe(false);
  to.resume?.();
  for (const message of burst) expectSame(await to.message(), message);
  await drained;
}

export const backpressure: Group = {
  name: 'backpressure',
  scenarios: (scene) => [
    ...directionsWith(scene, {})
      .filter(({ to }) => !scene[to].abilities.has('pause'))
      .map(
        ({ from, to }): Scenario => ({
          name: `a burst from the ${from}`,
          run: async () => {
            const ends = await scene.open();
            await transfer(ends[from], ends[to], burst);
          },
        }),
      ),
    ...directionsWith(scene, { to: ['pause'] }).map(
      ({ from, to }): Scenario => ({
        name: `a burst from the ${from} to an end that pauses`,
        async run() {
          const ends = await scene.open();
          ends[to].pause?.();
          if (scene[from].abilities.has('backpressure')) return push(ends[from] as Required<End>, ends[to]);
          const sent = Promise.all(burst.map((message) => ends[from].send(message)));
          ends[to].resume?.();
          for (const message of burst) expectSame(await ends[to].message(), message);
          await sent;
        },
      }),
    ),
  ],
};
