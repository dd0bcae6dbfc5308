/** The chart of transports: what an event costs that is delivered to a client, where there are most clients. */
import { drawSvg } from '../chart.js';
import type { Machine } from '../results.js';
import { type Transport, transports } from './combinations.js';
import type { TransportResult } from './measure.js';

const colours: Readonly<Record<Transport, string>> = {
  'short polling': '#7b8a99',
  'long polling': '#c9a227',
  SSE: '#2b8a6e',
  WebSocket: '#d9480f',
};

type Figure = 'bytes' | 'cpu' | 'p50' | 'p99';

const panels: readonly { readonly figure: Figure; readonly title: string }[] = [
  { figure: 'bytes', title: 'Bytes on the wire' },
  { figure: 'cpu', title: 'CPU time of the server, µs' },
  { figure: 'p50', title: 'Latency p50, ms' },
  { figure: 'p99', title: 'Latency p99, ms' },
];

/** Where the panels stand, in pixels. */
const panelWidth = 310;
const panelHeight = 230;
const left = [100, 530];
const top = [125, 425];

/** An SVG on white; `undefined` if there is nothing to show. */
export async function drawTransportChart(
  results: readonly TransportResult[],
  machine: Machine,
): Promise<string | undefined> {
  if (results.length === 0) return undefined;
  const clients = Math.max(...results.map((result) => result.clients));
  return drawSvg(
    option(
      results.filter((result) => result.clients === clients),
      clients,
      machine,
    ),
    700,
  );
}

function option(results: readonly TransportResult[], clients: number, { node, cpu, cores }: Machine): object {
  const rates = [...new Set(results.map(({ rate }) => rate))];
  return {
    backgroundColor: '#ffffff',
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif' },
    title: [
      {
        text: `What an event of 100 bytes costs for each of ${clients.toLocaleString('en')} clients that get it`,
        subtext: `Less is better; the axes are logarithmic. Node.js ${node.slice(1)}, ${cpu}, ${cores} cores`,
        left: 'center',
        textStyle: { fontSize: 15 },
        subtextStyle: { color: '#5c6670' },
      },
      ...panels.map(({ title }, index) => ({
        text: title,
        ...place(index, -28),
        textStyle: { fontSize: 12 },
      })),
    ],
    legend: { top: 60, itemGap: 28, data: transports },
    grid: panels.map((_, index) => ({ ...place(index), width: panelWidth, height: panelHeight })),
    xAxis: panels.map((panel, index) => axis(panel, index, results)),
    yAxis: panels.map((_, gridIndex) => ({
      type: 'category',
      inverse: true,
      gridIndex,
      data: rates.map((rate) => `${rate} ${rate === 1 ? 'event' : 'events'}/s`),
    })),
    series: panels.flatMap((panel, index) =>
      transports.map((transport) => bars(panel.figure, index, transport, rates, results)),
    ),
  };
}

/** Bars begin at a power of ten below all of them. */
function axis({ figure }: (typeof panels)[number], gridIndex: number, results: readonly TransportResult[]) {
  const base = results.some((result) => (result[figure] ?? 1) < 1) ? 0.1 : 1;
  return { type: 'log', gridIndex, min: base, startValue: base, axisLabel: { hideOverlap: true } };
}

function place(index: number, shift = 0): { left: number | undefined; top: number } {
  return { left: left[index % 2], top: (top[Math.floor(index / 2)] ?? 0) + shift };
}

function bars(
  figure: Figure,
  axis: number,
  transport: Transport,
  rates: readonly number[],
  results: readonly TransportResult[],
): object {
  const data = rates.map((rate) => {
    const result = results.find((one) => one.rate === rate && one.transport === transport);
    const value = result?.[figure] ?? null;
    return value === null ? null : Number(value.toPrecision(3));
  });
  return {
    name: transport,
    type: 'bar',
    xAxisIndex: axis,
    yAxisIndex: axis,
    itemStyle: { color: colours[transport] },
    data,
    label: { show: true, position: 'right', formatter: '{c}', fontSize: 10 },
  };
}
