/** How the transports are told apart in every picture: by colour and by the dashes of their lines. */
import { type TransportName, transports } from '../../../src/cli/compare/format.js';
import type { LineLook } from '../chart.js';
import { texts } from '../language/language.js';

/** Dashes and gaps, in pixels; WebSocket has no gaps. */
const dashes: Readonly<Record<TransportName, readonly number[]>> = {
  short: [2, 4],
  polling: [7, 4],
  sse: [12, 3, 2, 3],
  websocket: [],
};

/** In the order of the transports. */
export const lineLooks: readonly LineLook[] = transports.map((name) => ({
  color: `--${name}`,
  dash: dashes[name],
}));

/** A piece of a transport's line. */
export function LineSample({ of }: { of: TransportName }) {
  return (
    <svg class="line-sample" data-transport={of} viewBox="0 0 36 8" aria-hidden="true">
      <line x1="0" y1="4" x2="36" y2="4" stroke-dasharray={dashes[of].join(' ')} />
    </svg>
  );
}

/** What the lines of a chart are. */
export function Legend() {
  return (
    <ul class="legend">
      {transports.map((name) => (
        <li key={name}>
          <LineSample of={name} />
          {texts.value.compare.transports[name]}
        </li>
      ))}
    </ul>
  );
}
