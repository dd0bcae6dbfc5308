/** The frames of a connection, live, and the chosen one bit by bit. */
import type { InspectedFrame } from '../inspection.js';
import { texts } from '../language/language.js';
import { BitDiagram } from './bit-diagram.js';
import { opcodeName } from './frame.js';
import { FrameList } from './frame-list.js';
import type { FrameSelection } from './frame-selection.js';
import { Payload } from './payload.js';

/** The list beside the chosen frame; `whyEmpty` stands there while there are no frames. */
export function FrameInspector({ of: selection, whyEmpty }: { of: FrameSelection; whyEmpty: string }) {
  const frame = selection.shown.value;
  if (selection.inspection.frames.value.length === 0) return <p class="card">{whyEmpty}</p>;
  return (
    <div class="frames card">
      <FrameList of={selection} />
      {frame === undefined ? <p class="hint">{texts.value.frames.empty}</p> : <FrameDetail frame={frame} />}
    </div>
  );
}

function FrameDetail({ frame }: { frame: InspectedFrame }) {
  const { number, up, down, refused } = texts.value.frames;
  const { direction, opcode, error } = frame;
  return (
    <article class="frame-detail" aria-labelledby="frame-heading">
      <h3 id="frame-heading">
        {number} {frame.number}: {opcodeName(opcode)}{' '}
        <span class="direction" data-direction={direction}>
          {direction === 'received' ? up : down}
        </span>
      </h3>
      {error !== null && (
        <p class="status" data-tone="error">
          {refused(error.code, error.message)}
        </p>
      )}
      <BitDiagram frame={frame} />
      <Payload frame={frame} />
    </article>
  );
}
