/** The same events by short polling, long polling, Server-Sent Events and WebSocket: what it costs, and how long it takes. */
import { useEffect } from 'preact/hooks';
import { comparison } from '../compare/comparison.js';
import { ComparisonCharts } from '../compare/comparison-charts.js';
import { ComparisonForm } from '../compare/comparison-form.js';
import type { LaneFigures } from '../compare/lane.js';
import { LaneCard } from '../compare/lane-card.js';
import { texts } from '../language/language.js';
import { milliseconds } from '../quantities.js';

/** The view. */
export function CompareView() {
  useEffect(() => () => comparison.leave(), []);
  return (
    <>
      <ComparisonForm />
      <Insight />
      <div class="lanes">
        {comparison.picture.value.lanes.map((lane) => (
          <LaneCard key={lane.name} of={lane} />
        ))}
      </div>
      <ComparisonCharts />
    </>
  );
}

/** What is to be seen, in words. */
function Insight() {
  const { insight, polls, transports } = texts.value.compare;
  const { lanes } = comparison.picture.value;
  const webSocket = lanes.find(({ name }) => name === 'websocket');
  if (webSocket?.bytesPerEvent === undefined || webSocket.median === undefined) return <p>{polls}</p>;
  const costly = greatest(lanes, ({ bytesPerEvent = 0 }) => bytesPerEvent);
  const slow = greatest(lanes, ({ median = 0 }) => median);
  const times = ((costly.bytesPerEvent ?? 0) / webSocket.bytesPerEvent).toFixed(1);
  const latencies = [slow.median ?? 0, webSocket.median].map(milliseconds) as [string, string];
  return (
    <p>
      <strong>{insight(transports[costly.name], times, transports[slow.name], ...latencies)}</strong> {polls}
    </p>
  );
}

function greatest(lanes: readonly LaneFigures[], value: (lane: LaneFigures) => number): LaneFigures {
  return lanes.reduce((most, lane) => (value(lane) > value(most) ? lane : most));
}
