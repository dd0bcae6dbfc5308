/** Lines of values over time, drawn by uPlot in the page's colours. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';

/** Points of lines, the oldest first. */
export interface Series {
  /** Seconds: since 1970 for a clock, else since whatever was the beginning. */
  readonly times: readonly number[];
  /** The values of each line; `null` where it has none. */
  readonly lines: readonly (readonly (number | null)[])[];
}

/** How a line is told from the others. */
export interface LineLook {
  /** The custom property of its colour. */
  readonly color: string;
  /** Lengths of its dashes and gaps. Default: it has no gaps. */
  readonly dash?: readonly number[];
  /** Whether each of its points is marked. */
  readonly hasPoints?: boolean;
}

/** How a chart looks; it stays the same. */
export interface ChartLook {
  readonly height: number;
  /** The least that the time axis spans, in seconds: one point alone would span years. */
  readonly leastSpan: number;
  /** Whether times are those of a day. */
  readonly isClock: boolean;
  /** Whether each step of the value axis is ten times the one before. */
  readonly isLogarithmic?: boolean;
  readonly lines: readonly LineLook[];
  /** A value as it stands at its axis. */
  readonly format?: (value: number) => string;
}

interface ChartProperties {
  readonly series: Series;
  readonly look: ChartLook;
  readonly label: string;
}

/** The chart, as wide as its place. */
export function Chart({ series, look, label }: ChartProperties) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const newest = useRef(series);
  newest.current = series;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(options(element, look), data(newest.current, look), element);
    };
    draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const resized = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: look.height }),
    );
    resized.observe(element);
    return () => {
      scheme.removeEventListener('change', draw);
      resized.disconnect();
      chart.current?.destroy();
    };
  }, [look]);
  useEffect(() => chart.current?.setData(data(series, look)), [series]);
  return <div ref={place} class="chart" role="img" aria-label={label} />;
}

function data({ times, lines }: Series, { leastSpan }: ChartLook): uPlot.AlignedData {
  const [only] = times;
  // uPlot gives a single point years of its own.
  if (only !== undefined && times.length === 1)
    return [[only, only + leastSpan], ...lines.map((values) => [...values, null])];
  return [[...times], ...lines.map((values) => [...values])];
}

function options(element: HTMLElement, look: ChartLook): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--muted'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1 },
  };
  const { height, leastSpan, isClock, format } = look;
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false },
    scales: {
      x: { time: isClock, range: (_, first, last) => [first, Math.max(last, first + leastSpan)] },
      y: look.isLogarithmic ? { distr: 3, range: decades } : { range: fromZero },
    },
    axes: [
      isClock ? axis : { ...axis, size: 32, values: (_, splits) => splits.map((time) => `${time} s`) },
      {
        ...axis,
        size: format === undefined ? 48 : 64,
        ...(format && { values: (_, splits) => splits.map((value) => format(value)) }),
        ...(look.isLogarithmic && { splits: (_, __, least, most) => powersOfTen(least, most) }),
      },
    ],
    series: [{}, ...look.lines.map((line) => lineOptions(line, color(line.color)))],
  };
}

function lineOptions({ dash = [], hasPoints = false }: LineLook, stroke: string): uPlot.Series {
  return { stroke, width: 2, dash: [...dash], points: { show: hasPoints, size: 6, fill: stroke } };
}

function fromZero(_: uPlot, __: number, most: number): [number, number] {
  return [0, Math.max(1, most * 1.2)];
}

/** From a power of ten to another, as a logarithmic scale has it. */
function decades(_: uPlot, least: number | null, most: number | null): [number, number] {
  return [10 ** Math.floor(Math.log10(least ?? 0.1)), 10 ** Math.ceil(Math.log10(most ?? 1000))];
}

function powersOfTen(least: number, most: number): number[] {
  const first = Math.round(Math.log10(least));
  const last = Math.round(Math.log10(most));
  return Array.from({ length: last - first + 1 }, (_, step) => Number((10 ** (first + step)).toPrecision(1)));
}
