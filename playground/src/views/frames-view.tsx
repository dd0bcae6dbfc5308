/** Every frame of the connection, live, and the chosen one bit by bit. */
import { connection } from '../connection.js';
import { FrameInspector } from '../frames/frame-inspector.js';
import { FrameSelection } from '../frames/frame-selection.js';
import { ProvokePanel } from '../frames/provoke-panel.js';
import { inspection } from '../inspection.js';
import { texts } from '../language/language.js';

const selection = new FrameSelection(inspection);

/** The view. */
export function FramesView() {
  return (
    <>
      <ProvokePanel />
      <FrameInspector of={selection} whyEmpty={whyEmpty()} />
    </>
  );
}

function whyEmpty(): string {
  const { empty, unavailable, foreign } = texts.value.frames;
  if (!inspection.available.value) return unavailable;
  return connection.state.value === 'OPEN' && inspection.opening.value === undefined ? foreign : empty;
}
