/** The chart of the README: how many times less CPU time than ws each peer takes per message. */
import { mainMetric } from './measure.js';
import { medianOf } from './report.js';
import type { ScenarioResult } from './results.js';

const shown = ['ws', 'ws + bufferutil', 'hawser', 'Bun', 'Deno'];
const colours: Readonly<Record<string, string>> = {
  ws: '#9aa5b1',
  'ws + bufferutil': '#6b7a8a',
  hawser: '#d9480f',
  Bun: '#c9a227',
  Deno: '#2b8a6e',
};

interface ChartLibrary {
  init(
    element: null,
    theme: null,
    options: { renderer: 'svg'; ssr: true; width: number; height: number },
  ): { setOption(option: object): void; renderToSVGString(): string };
}

/** An SVG, or `undefined` if the library or what it would show is missing. */
export async function drawChart(results: readonly ScenarioResult[]): Promise<string | undefined> {
  const library = 'echarts';
  const { init } = (await import(library)) as ChartLibrary;
  const comparable = results.filter(
    ({ kind, peers }) => mainMetric[kind] === 'cpu' && peers.ws && peers.hawser,
  );
  if (comparable.length === 0) return undefined;
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: 900,
    height: 100 + comparable.length * 76,
  });
  chart.setOption(option(comparable));
  return chart.renderToSVGString();
}

function option(results: readonly ScenarioResult[]): object {
  const names = shown.filter((name) => results.some(({ peers }) => name in peers));
  return {
    backgroundColor: '#ffffff',
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif' },
    title: { text: 'Messages per CPU second, ws = 1', left: 'center', textStyle: { fontSize: 15 } },
    legend: { top: 40, itemGap: 28, data: names },
    grid: { left: 190, right: 60, top: 84, bottom: 30 },
    xAxis: { type: 'log', min: 0.5, axisLabel: { formatter: '{value}×' } },
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
    const ratio = medianOf(peers.ws ?? [], mainMetric[kind]) / medianOf(peers[name] ?? [], mainMetric[kind]);
    return Number.isNaN(ratio) ? null : Number(ratio.toFixed(2));
  });
  return { data, label: { show: true, position: 'right', formatter: '{c}×', fontSize: 10 } };
}
