/** How the newest events of a lane came: a line for each, from when it happened (above) to when it was there (below). */
import type { Passage } from './lane.js';

/** Milliseconds that the picture spans. */
const span = 5_000;
const width = 500;
const height = 48;

interface PassagePictureProperties {
  readonly passages: readonly Passage[];
  /** The server's time at the right edge. */
  readonly now: number;
  readonly label: string;
}

/** The picture; the present is at its right edge. */
export function PassagePicture({ passages, now, label }: PassagePictureProperties) {
  const x = (time: number): string => (((time - now + span) / span) * width).toFixed(1);
  const shown = passages.filter(({ at }) => at > now - span);
  const path = shown.map(({ at, received }) => `M${x(at)} 0L${x(received)} ${height}`).join('');
  return (
    <svg
      class="passages"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path d={path} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
