/** A line of values over time, drawn by uPlot in the page's colours. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';

/** Points of a line, the oldest first. */
export interface Series {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

const height = 220;
/** The least that the time axis spans, in seconds: one point alone would span years. */
const leastSpan = 60;

interface ChartProperties {
  readonly series: Series;
  readonly label: string;
}

/** The chart, as wide as its place. */
export function Chart({ series, label }: ChartProperties) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(options(element), data(series), element);
    };
    draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const resized = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      scheme.removeEventListener('change', draw);
      resized.disconnect();
      chart.current?.destroy();
    };
  }, []);
  useEffect(() => chart.current?.setData(data(series)), [series]);
  return <div ref={place} class="chart" role="img" aria-label={label} />;
}

function data({ times, values }: Series): uPlot.AlignedData {
  const [only] = times;
  // uPlot gives a single point years of its own.
  if (only !== undefined && times.length === 1)
    return [
      [only, only + leastSpan],
      [...values, null],
    ];
  return [[...times], [...values]];
}

function options(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--muted'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1 },
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false },
    scales: {
      x: { range: (_, first, last) => [first, Math.max(last, first + leastSpan)] },
      y: { range: (_, __, most) => [0, Math.max(1, most * 1.2)] },
    },
    axes: [axis, { ...axis, size: 48 }],
    series: [
      {},
      { stroke: color('--accent'), width: 2, points: { show: true, size: 6, fill: color('--accent') } },
    ],
  };
}
