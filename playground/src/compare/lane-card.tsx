/** One transport: what it does, how its events came, what they cost. */
import { texts } from '../language/language.js';
import { grouped, milliseconds } from '../quantities.js';
import { comparison } from './comparison.js';
import type { LaneFigures } from './lane.js';
import { LineSample } from './line-looks.js';
import { PassagePicture } from './passage-picture.js';

/** Stands for a figure that there is not yet. */
const unknown = '–';

/** The card of a lane. */
export function LaneCard({ of }: { of: LaneFigures }) {
  const { transports, why, passages, server, page, failed } = texts.value.compare;
  const { name, failure } = of;
  const heading = `lane-${name}`;
  return (
    <section class="card lane" data-transport={name} aria-labelledby={heading}>
      <h3 id={heading}>
        <LineSample of={name} />
        {transports[name]}
      </h3>
      <p class="why">{why[name]}</p>
      <div class="passage">
        <span>{server}</span>
        <PassagePicture
          passages={of.passages}
          now={comparison.picture.value.now}
          label={passages(transports[name])}
        />
        <span>{page}</span>
      </div>
      {failure !== undefined && <p class="failure">{failed(failure)}</p>}
      <Bars of={of} />
      <Facts of={of} />
    </section>
  );
}

function Bars({ of }: { of: LaneFigures }) {
  const { perEvent, latency } = texts.value.compare;
  const { lanes } = comparison.picture.value;
  const { bytesPerEvent, median } = of;
  const mostBytes = Math.max(...lanes.map((lane) => lane.bytesPerEvent ?? 0));
  const longest = Math.max(...lanes.map((lane) => lane.median ?? 0));
  return (
    <>
      <Bar
        id={`bytes-${of.name}`}
        label={perEvent}
        value={bytesPerEvent}
        most={mostBytes}
        text={(value) => grouped(Math.round(value))}
      />
      <Bar id={`latency-${of.name}`} label={latency} value={median} most={longest} text={milliseconds} />
    </>
  );
}

interface BarProperties {
  readonly id: string;
  readonly label: string;
  readonly value: number | undefined;
  /** The greatest value of all lanes. */
  readonly most: number;
  readonly text: (value: number) => string;
}

function Bar({ id, label, value, most, text }: BarProperties) {
  return (
    <div class="meter">
      <label for={id}>{label}</label>
      <output for={id} aria-live="off">
        {value === undefined ? unknown : text(value)}
      </output>
      <progress id={id} value={value ?? 0} max={most || 1} />
    </div>
  );
}

function Facts({ of }: { of: LaneFigures }) {
  const words = texts.value.compare;
  const { cost, events, faults, p99 } = of;
  const facts = [
    [words.latencyP99, p99 === undefined ? unknown : milliseconds(p99)],
    [words.events, grouped(events)],
    [words.faults, grouped(faults)],
    [words.requests, grouped(cost.requests)],
    [words.up, grouped(cost.up)],
    [words.down, grouped(cost.down)],
  ] as const;
  return (
    <dl class="figures">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
