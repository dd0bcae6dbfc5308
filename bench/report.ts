/** Tables for the terminal, made of results. */
import { type Goal, goals } from './goals.js';
import { type MetricName, mainMetric, metrics } from './measure.js';
import type { ScenarioResult } from './results.js';
import { spread } from './statistics.js';
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
    ...others.map((other) => metrics[other].title),
  ];
  const base = medianOf(first ?? [], metric);
  const rows = Object.entries(peers).map(([peer, runs]) => {
    const { min, median, max } = spread(runs.flatMap((run) => run[metric] ?? []));
    const { digits } = metrics[metric];
    const cells = others.map((other) => number(medianOf(runs, other), metrics[other].digits));
    const range = `${number(min, digits)} – ${number(max, digits)}`;
    return [peer, number(median, digits), range, `${number(base / median, 2)}×`, ...cells];
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
  const own = medianOf(peers.hawser ?? [], metric);
  const value = versus === undefined ? own : medianOf(peers[versus] ?? [], metric) / own;
  if (Number.isNaN(value)) return [];
  const reached = atLeast === undefined ? value <= atMost : value >= atLeast;
  const least = versus === undefined ? `≥ ${atLeast}` : `≥ ${number(atLeast ?? 0, 2)}× ${versus}`;
  const asked = atLeast === undefined ? `≤ ${atMost}` : least;
  return [[scenario, metrics[metric].title, asked, number(value, 2), reached ? 'reached' : 'MISSED']];
}

/** The median of one metric over the runs of a peer. */
export function medianOf(runs: ScenarioResult['peers'][string], metric: MetricName): number {
  return spread(runs.flatMap((run) => run[metric] ?? [])).median;
}
