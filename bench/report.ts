/** Tables for the terminal, made of results. */
import { type Goal, goals } from './goals.js';
import { type MetricName, mainMetric, metrics } from './measure.js';
import type { ScenarioResult } from './results.js';
import { roundRatio, spread } from './statistics.js';
import { align, number } from './table.js';

const secondary: readonly MetricName[] = [
  'heap',
  'coldServer',
  'coldClient',
  'throughput',
  'buffered',
  'limited',
  'dropped',
  'rate',
  'p50',
  'p99',
  'p99AllRead',
  'slowdown',
  'p99Filling',
  'serverBusy',
  'loaderBusy',
];

/** One scenario: a row for each peer, with its ratio to the first. */
export function scenarioTable({ name, title, kind, peers }: ScenarioResult): string {
  const metric = mainMetric[kind];
  const [first] = Object.values(peers);
  const all = Object.values(peers).flat();
  const others = secondary.filter((other) => all.some((run) => run[other] !== undefined));
  const header = [
    '',
    metrics[metric].title,
    'min – max',
    'ratio',
    'of medians',
    ...others.map((other) => metrics[other].title),
  ];
  const rows = Object.entries(peers).map(([peer, runs]) => {
    const { min, median, max } = spread(runs.flatMap((run) => run[metric] ?? []));
    const { digits } = metrics[metric];
    const cells = others.map((other) => number(medianOf(runs, other), metrics[other].digits));
    const range = `${number(min, digits)} – ${number(max, digits)}`;
    const ratios = ratiosOf(first ?? [], runs, metric).map((ratio) => `${number(ratio, 2)}×`);
    return [peer, number(median, digits), range, ...ratios, ...cells];
  });
  return `${name}: ${title}\n${align([header, ...rows])}`;
}

/** What was aimed at, and what came out. */
export function goalTable(results: readonly ScenarioResult[]): string {
  const rows = goals.flatMap((goal) => {
    const result = results.find(({ name }) => name === goal.scenario);
    return result === undefined ? [] : goalRow(goal, result);
  });
  return rows.length === 0 ? '' : `Goals\n${align(rows)}`;
}

function goalRow(goal: Goal, { peers }: ScenarioResult): string[][] {
  const { scenario, metric, versus, atLeast, atMost = Number.NaN } = goal;
  const own = peers.hawser ?? [];
  const figures = versus === undefined ? [medianOf(own, metric)] : ratiosOf(peers[versus] ?? [], own, metric);
  const [value = Number.NaN, ofMedians] = figures;
  if (Number.isNaN(value)) return [];
  const reached = atLeast === undefined ? value <= atMost : value >= atLeast;
  const least = versus === undefined ? `≥ ${atLeast}` : `≥ ${number(atLeast ?? 0, 2)}× ${versus}`;
  const asked = atLeast === undefined ? `≤ ${atMost}` : least;
  const beside = ofMedians === undefined ? '' : `of medians ${number(ofMedians, 2)}`;
  return [[scenario, metrics[metric].title, asked, number(value, 2), reached ? 'reached' : 'MISSED', beside]];
}

/**
 * How many times less a peer needs than another: the median of the rounds' ratios, and the ratio of the medians. In a
 * round all peers take turns, so what slows the machine slows all of them; rounds differ by more than peers do: the
 * medians of a program and of itself came out at 0.94, the rounds' ratios at 0.995 (S1, 15 rounds).
 */
export function ratiosOf(
  base: ScenarioResult['peers'][string],
  runs: ScenarioResult['peers'][string],
  metric: MetricName,
): [number, number] {
  const figures = (of: typeof runs) => of.map((run) => run[metric]);
  return [roundRatio(figures(base), figures(runs)), medianOf(base, metric) / medianOf(runs, metric)];
}

/** The median of one metric over the runs of a peer. */
export function medianOf(runs: ScenarioResult['peers'][string], metric: MetricName): number {
  return spread(runs.flatMap((run) => run[metric] ?? [])).median;
}
