/** Programs about a connection, and beside them what both implementations tell where they differ on purpose. */
import { differential, type Program } from './differential.js';

/** Differences that programs show, by the program's name. */
export type Shown = Readonly<Record<string, NonNullable<Program['differs']>>>;

/** Defines programs about a connection. @throws Error for a difference whose program is not there */
export function connection(area: string, programs: readonly Program[], shown: Shown = {}): void {
  const names = new Set(programs.map(({ name }) => name));
  const unknown = Object.keys(shown).filter((name) => !names.has(name));
  if (unknown.length > 0) throw new Error(`No such program in "${area}": ${unknown.join('; ')}`);
  differential(
    `connection: ${area}`,
    programs.map((program) => {
      const differs = shown[program.name];
      return differs === undefined ? program : { ...program, differs };
    }),
  );
}
