/** Every frame of the connection, live, and the chosen one bit by bit. */
import { connection } from '../connection.js';
import { BitDiagram } from '../frames/bit-diagram.js';
import { opcodeName } from '../frames/frame.js';
import { FrameList, shownFrame } from '../frames/frame-list.js';
import { Payload } from '../frames/payload.js';
import { ProvokePanel } from '../frames/provoke-panel.js';
import { type InspectedFrame, inspection } from '../inspection.js';
import { texts } from '../language/language.js';

/** The view. */
export function FramesView() {
  const words = texts.value.frames;
  const frame = shownFrame.value;
  return (
    <>
      <ProvokePanel />
      {inspection.frames.value.length === 0 ? (
        <p class="card">{whyEmpty()}</p>
      ) : (
        <div class="frames card">
          <FrameList />
          {frame === undefined ? <p class="hint">{words.empty}</p> : <FrameDetail frame={frame} />}
        </div>
      )}
    </>
  );
}

function whyEmpty(): string {
  const { empty, unavailable, foreign } = texts.value.frames;
  if (!inspection.available.value) return unavailable;
  return connection.state.value === 'OPEN' && inspection.opening.value === undefined ? foreign : empty;
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
