/** The results, as a table for people: a row for each pair, a column for each group of scenarios. */

interface Cell {
  played: number;
  passed: number;
}

export class Matrix {
  readonly #rows = new Map<string, Map<string, Cell>>();

  /** Counts a scenario; it has failed until the function that this returns is called. */
  play(pair: string, group: string): () => void {
    const row = this.#rows.get(pair) ?? new Map<string, Cell>();
    const cell = row.get(group) ?? { played: 0, passed: 0 };
    this.#rows.set(pair, row.set(group, cell));
    cell.played += 1;
    return () => {
      cell.passed += 1;
    };
  }

  toString(): string {
    const groups = [...new Set(Array.from(this.#rows.values(), (row) => [...row.keys()]).flat())];
    const lines = [['client → server', ...groups, 'all']];
    for (const [pair, row] of this.#rows) {
      const cells = groups.map((group) => row.get(group));
      lines.push([pair, ...cells.map(format), format(sum(cells))]);
    }
    const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
    return lines
      .map((line) =>
        line
          .map((cell, column) => cell.padEnd(widths[column]))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  }
}

const format = (cell: Cell | undefined): string =>
  cell === undefined ? '–' : `${cell.passed}/${cell.played}`;

const sum = (cells: readonly (Cell | undefined)[]): Cell => ({
  played: cells.reduce((total, cell) => total + (cell?.played ?? 0), 0),
  passed: cells.reduce((total, cell) => total + (cell?.passed ?? 0), 0),
});
