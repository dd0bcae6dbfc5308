/** How the connection is, how quickly it answers, and how those before it ended. */
import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Chart, type ChartLook } from '../chart.js';
import { connection, type PastConnection } from '../connection.js';
import { inspection } from '../inspection.js';
import { texts } from '../language/language.js';
import { closeCode, milliseconds, seconds } from '../quantities.js';

const series = computed(() => ({
  times: inspection.latencies.value.map(({ time }) => time / 1000),
  lines: [inspection.latencies.value.map(({ milliseconds }) => milliseconds)],
}));

const look: ChartLook = {
  height: 220,
  leastSpan: 60,
  isClock: true,
  lines: [{ color: '--accent', hasPoints: true }],
};

/** The clock of what lasts; runs while the view is shown. */
const now = signal(Date.now());

/** The view. */
export function LifeView() {
  useEffect(() => {
    const update = (): void => {
      now.value = Date.now();
    };
    const tick = setInterval(update, 1000);
    const end = connection.since.subscribe(update);
    return () => {
      clearInterval(tick);
      end();
    };
  }, []);
  return (
    <>
      <div class="panels">
        <Now />
        <Heartbeat />
      </div>
      <Past />
    </>
  );
}

function Now() {
  const { now: title, state, for: lasting, address, extensions, none } = texts.value.life;
  const span = Math.max(0, now.value - connection.since.value);
  return (
    <section class="card" aria-labelledby="now-heading">
      <h3 id="now-heading">{title}</h3>
      <dl class="facts">
        <div>
          <dt>{state}</dt>
          <dd>{connection.state}</dd>
        </div>
        <div>
          <dt>{lasting}</dt>
          <dd>{seconds(span)}</dd>
        </div>
        <div class="wide">
          <dt>{address}</dt>
          <dd>{connection.url}</dd>
        </div>
        <div class="wide">
          <dt>{extensions}</dt>
          <dd>{connection.extensions.value || none}</dd>
        </div>
      </dl>
    </section>
  );
}

function Heartbeat() {
  const { latency, latencyAbout, latencyNone, latencyClosed, newest, least, most } = texts.value.life;
  const [values = []] = series.value.lines;
  const newestValue = values.at(-1);
  const facts = [
    [newest, newestValue],
    [least, Math.min(...values)],
    [most, Math.max(...values)],
  ] as const;
  return (
    <section class="card" aria-labelledby="latency-heading">
      <h3 id="latency-heading">{latency}</h3>
      <p class="hint">{latencyAbout}</p>
      {newestValue === undefined ? (
        <p>{connection.state.value === 'OPEN' ? latencyNone : latencyClosed}</p>
      ) : (
        <>
          <Chart
            series={series.value}
            look={look}
            label={`${latency}: ${newest} ${milliseconds(newestValue)}`}
          />
          <dl class="facts">
            {facts.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{milliseconds(value ?? 0)}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}

function Past() {
  const { past: title, pastNone, columns, server, noReason } = texts.value.life;
  const past = connection.past.value;
  const end = inspection.end.value;
  return (
    <section class="card" aria-labelledby="past-heading">
      <h3 id="past-heading">{title}</h3>
      {past.length === 0 ? (
        <p class="hint">{pastNone}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls on a phone
        <section class="scroll" tabIndex={0} aria-labelledby="past-heading">
          <table class="past">
            <thead>
              <tr>
                {Object.values(columns).map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {past.map((life) => (
                <PastRow key={life.number} life={life} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {end !== undefined && (
        <p class="hint">
          {server}: {closeCode(end.code)}, {end.reason || noReason}
          {end.error !== null && ` (${end.error})`}
        </p>
      )}
    </section>
  );
}

function PastRow({ life }: { life: PastConnection }) {
  const { neverOpen, noReason } = texts.value.life;
  const { number, opened, ended, code, reason, wasClean } = life;
  return (
    <tr>
      <td>{number}</td>
      <td>{opened === undefined ? neverOpen : new Date(opened).toLocaleTimeString(texts.value.tag)}</td>
      <td>{opened === undefined ? '–' : seconds(ended - opened)}</td>
      <td>{closeCode(code)}</td>
      <td>{reason || noReason}</td>
      <td>{String(wasClean)}</td>
    </tr>
  );
}
