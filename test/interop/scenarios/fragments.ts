/** Messages in fragments, and control frames between them. */
import type { Message } from '../end.js';
import { directionsWith, expectSame, type Group, noise, type Scenario } from './scenario.js';

const inFragments: readonly (readonly Message[])[] = [
  ['one ', 'two ', 'three'],
  ['', 'the first is empty, the last is too', ''],
  ['我是', '阿宝哥', ' 👩‍👩‍👧‍👦'],
  [Buffer.from([1]), Buffer.from([2, 3]), Buffer.alloc(0), noise(70_000)],
  Array.from({ length: 500 }, (_, index) => `${index} `),
];

const joined = (fragments: readonly Message[]): Message =>
  fragments.every((fragment) => typeof fragment === 'string')
    ? fragments.join('')
    : Buffer.concat(fragments as readonly Buffer[]);

export const fragments: Group = {
  name: 'fragments',
  scenarios: (scene) => [
    ...directionsWith(scene, { from: ['fragments'] }).flatMap(({ from, to }): Scenario[] =>
      [undefined, {}].map((deflate) => ({
        name: `${deflate === undefined ? '' : 'compressed, '}from the ${from}`,
        async run() {
          const ends = await scene.open({ both: { deflate } });
          for (const message of inFragments) ends[from].sendFragments?.(message);
          for (const message of inFragments) expectSame(await ends[to].message(), joined(message));
        },
      })),
    ),
    ...directionsWith(scene, { from: ['stream'] }).flatMap(({ from, to }): Scenario[] =>
      [undefined, {}].map((deflate) => ({
        name: `${deflate === undefined ? '' : 'compressed, '}as a stream from the ${from}`,
        async run() {
          const ends = await scene.open({ both: { deflate } });
          for (const message of inFragments) {
            const sent = ends[from].sendStream?.(message);
            expectSame(await ends[to].message(), joined(message));
            await sent;
          }
        },
      })),
    ),
    ...directionsWith(scene, { from: ['fragments', 'ping'] }).map(
      ({ from, to }): Scenario => ({
        name: `a ping between two messages in fragments from the ${from}`,
        async run() {
          const ends = await scene.open();
          ends[from].sendFragments?.(['be', 'fore']);
          const pong = ends[from].ping?.('between');
          ends[from].sendFragments?.(['af', 'ter']);
          expectSame(await ends[to].message(), 'before');
          expectSame(await ends[to].message(), 'after');
          expectSame((await pong) as string, 'between');
        },
      }),
    ),
  ],
};
