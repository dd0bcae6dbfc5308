/** Bytes and latency of all transports over time. */
import { Chart, type ChartLook, type Series } from '../chart.js';
import { texts } from '../language/language.js';
import { grouped } from '../quantities.js';
import { comparison } from './comparison.js';
import { Legend, lineLooks } from './line-looks.js';

const size = { height: 240, leastSpan: 10, isClock: false, lines: lineLooks, format: grouped };
const bytesLook: ChartLook = size;
const latencyLook: ChartLook = { ...size, isLogarithmic: true };

/** Both charts, side by side where there is room. */
export function ComparisonCharts() {
  const { bytesChart, bytesScale, latencyChart, latencyScale } = texts.value.compare;
  const { bytes, latencies } = comparison.picture.value;
  return (
    <div class="panels">
      <ChartCard id="bytes-chart" title={bytesChart} series={bytes} look={bytesLook} hint={bytesScale} />
      <ChartCard
        id="latency-chart"
        title={latencyChart}
        series={latencies}
        look={latencyLook}
        hint={latencyScale}
      />
    </div>
  );
}

interface ChartCardProperties {
  readonly id: string;
  readonly title: string;
  readonly series: Series;
  readonly look: ChartLook;
  readonly hint: string;
}

function ChartCard({ id, title, series, look, hint }: ChartCardProperties) {
  return (
    <section class="card" aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      <Legend />
      {series.times.length === 0 ? (
        <p class="hint">{texts.value.compare.none}</p>
      ) : (
        <Chart series={series} look={look} label={title} />
      )}
      <p class="hint">{hint}</p>
    </section>
  );
}
