/** Every pair plays every group of scenarios as far as its two ends are able to; the table is printed at the end. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Matrix } from './matrix.js';
import { pairs } from './pairs.js';
import { groups } from './scenarios/groups.js';
import { Scene } from './scene.js';

const matrix = new Matrix();

afterAll(() => console.log(`${matrix}`));

describe.each(
  pairs.map(({ client, server }) => {
    const scene = new Scene(client(), server());
    return [`${scene.client.name} → ${scene.server.name}`, scene] as const;
  }),
)('%s', (_pair, scene) => {
  beforeAll(() => scene.start());
  afterEach(() => scene.clear());
  afterAll(() => scene.stop());

  describe.each(groups.map((group) => [group.name, group.scenarios(scene)] as const))(
    '%s',
    (group, scenarios) => {
      it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
        '%s',
        async (_name, scenario) => {
          const pass = matrix.play(`${scene.client.name} → ${scene.server.name}`, group);
          await scenario.run();
          pass();
        },
      );
    },
  );
});

describe('the matrix', () => {
  it('has every pair', () => {
    expect(`${matrix}`.split('\n')).toHaveLength(1 + pairs.length);
  });
});
