/**
 * Runs the same program on ws and on hawser and compares what it tells. A program whose traces differ on
 * purpose says which difference it shows and both traces in full, so that neither side can change unseen.
 */
import { describe, expect, it } from 'vitest';
import { type DifferenceName, differences } from './differences.js';
import { type Implementation, implementations } from './implementations.js';
import { createTrace, type Trace } from './trace.js';

/** A program, written as for ws. It resolves when everything that it wants to tell has happened. */
export interface Program {
  /** What it does, as the test's name. */
  readonly name: string;
  run(implementation: Implementation, trace: Trace): Promise<void> | void;
  /** Set where both differ: the entries of the catalogue that it shows, and what each of both tells. */
  readonly differs?: {
    readonly because: DifferenceName | readonly DifferenceName[];
    readonly ws: readonly string[];
    readonly hawser: readonly string[];
  };
}

/** How many programs a run has defined, for the file that checks that they are many. */
export function differential(area: string, programs: readonly Program[]): void {
  describe(area, () => {
    for (const program of programs) define(program);
  });
}

function define(program: Program): void {
  const { name, differs } = program;
  if (differs === undefined) {
    it(name, async () => {
      const ws = await linesOf(program, 'ws');
      expect(ws.length, 'a program tells something').toBeGreaterThan(0);
      expect(await linesOf(program, 'hawser')).toEqual(ws);
    });
    return;
  }
  const names = [differs.because].flat();
  it(`${name} (differs: ${names.join(', ')})`, async () => {
    for (const because of names) expect(differences).toHaveProperty([because]);
    expect(differs.hawser, 'no difference').not.toEqual(differs.ws);
    expect(await linesOf(program, 'ws'), 'ws').toEqual(differs.ws);
    expect(await linesOf(program, 'hawser'), 'hawser').toEqual(differs.hawser);
  });
}

async function linesOf(program: Program, name: keyof typeof implementations): Promise<string[]> {
  const { trace, lines } = createTrace();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} hangs after:\n${lines.join('\n')}`)), 8_000);
  });
  try {
    await Promise.race([program.run(implementations[name], trace), late]);
  } finally {
    clearTimeout(timer);
  }
  return lines;
}
