/** The chart of the README: how many times less CPU time than ws each peer takes per message. */
import { mainMetric } from './measure.js';
import { ratiosOf } from './report.js';
import type { Machine, ScenarioResult } from './results.js';

/** All bars begin at ws. */
const shown = ['ws + bufferutil', 'hawser', 'Bun', 'Deno'];
const colours: Readonly<Record<string, string>> = {
  'ws + bufferutil': '#7b8a99',
  hawser: '#d9480f',
  Bun: '#c9a227',
  Deno: '#2b8a6e',
};

interface ChartLibrary {
  init(
    element: null,
    theme: null,
    options: { renderer: 'svg'; ssr: true; width: number; height: number },
  ): { setOption(option: object): void; renderToSVGString(): string; dispose(): void };
}

/** An SVG on white, for light and dark pages alike; or `undefined` if what it would show is missing. */
export async function drawChart(
  results: readonly ScenarioResult[],
  machine: Machine,
): Promise<string | undefined> {
  const comparable = results.filter(
    ({ kind, peers }) => mainMetric[kind] === 'cpu' && peers.ws && peers.hawser,
  );
  if (comparable.length === 0) return undefined;
  return drawSvg(option(comparable, subtitle(comparable, machine)), 120 + comparable.length * 64);
}

/** What the library draws by its options, as wide as a README. */
export async function drawSvg(options: object, height: number): Promise<string> {
  const library = 'echarts';
  const { init } = (await import(library)) as ChartLibrary;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 900, height });
  chart.setOption(options);
  const svg = chart.renderToSVGString();
  // Without it a timer of the library keeps the process alive.
  chart.dispose();
  return svg;
}

function subtitle(results: readonly ScenarioResult[], { node, cpu, cores }: Machine): string {
  const rounds = Math.min(...results.map(({ peers }) => peers.hawser?.length ?? 0));
  return `Medians of ${rounds} or more rounds on Node.js ${node.slice(1)}, ${cpu}, ${cores} cores`;
}

function option(results: readonly ScenarioResult[], subtext: string): object {
  const names = shown.filter((name) => results.some(({ peers }) => name in peers));
  return {
    backgroundColor: '#ffffff',
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif' },
    title: {
      text: 'Messages per CPU second, ws = 1',
      subtext,
      left: 'center',
      textStyle: { fontSize: 15 },
      subtextStyle: { color: '#5c6670' },
    },
    legend: { top: 60, itemGap: 28, data: names },
    grid: { left: 200, right: 60, top: 104, bottom: 30 },
    xAxis: { type: 'log', logBase: 2, min: 0.5, axisLabel: { formatter: '{value}×' } },
    yAxis: { type: 'category', inverse: true, data: results.map(({ name, title }) => `${name}: ${title}`) },
    series: names.map((name) => ({
      name,
      type: 'bar',
      itemStyle: { color: colours[name] },
      ...bars(name, results),
    })),
  };
}

function bars(name: string, results: readonly ScenarioResult[]): object {
  const data = results.map(({ kind, peers }) => {
    const [ratio] = ratiosOf(peers.ws ?? [], peers[name] ?? [], mainMetric[kind]);
    return Number.isNaN(ratio) ? null : Number(ratio.toFixed(2));
  });
  return { data, label: { show: true, position: 'right', formatter: '{c}×', fontSize: 10 } };
}
