/** All programs by name; bundled for the page as well. */

import { closing } from './closing.js';
import { constructing } from './constructing.js';
import { messages } from './messages.js';
import type { Program, Sides } from './program.js';
import { streams } from './streams.js';

export const programs: Readonly<Record<string, Program>> = {
  ...constructing,
  ...messages,
  ...closing,
  ...streams,
};

/** Runs one against a server; resolves with what it logged. */
export async function runProgram(
  name: string,
  faces: Omit<Sides, 'url' | 'log'>,
  origin: string,
  run: string,
): Promise<string[]> {
  const lines: string[] = [];
  const sides: Sides = {
    ...faces,
    url: (what, id = what) => `${origin}/${what}?run=${run}&id=${encodeURIComponent(id)}`,
    log: (...line) => lines.push(line.map(String).join(' ')),
  };
  await programs[name](sides);
  return lines;
}
