/** What figures are boiled down to. */

/** The least, the middle and the greatest of several figures. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spread(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  return { min: sorted[0] ?? Number.NaN, median: percentile(sorted, 0.5), max: sorted.at(-1) ?? Number.NaN };
}

/** The value below which a share of the sorted figures lies. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below === above ? below : below + (above - below) * (position % 1);
}

/** The median of what `base` is to `figures`, round by round; rounds in which one has none are left out. */
export function roundRatio(
  base: readonly (number | undefined)[],
  figures: readonly (number | undefined)[],
): number {
  const ratios = base.map((figure = Number.NaN, round) => figure / (figures[round] ?? Number.NaN));
  return spread(ratios.filter((ratio) => !Number.isNaN(ratio))).median;
}
