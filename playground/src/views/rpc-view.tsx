/** Calls of the example API: a form for them, those that were made, and the frames that they became. */
import { FrameInspector } from '../frames/frame-inspector.js';
import { FrameSelection } from '../frames/frame-selection.js';
import { texts } from '../language/language.js';
import { CallForm } from '../rpc/call-form.js';
import { CallList } from '../rpc/call-list.js';
import { HandTyped } from '../rpc/hand-typed.js';
import { rpcConnection } from '../rpc/rpc-connection.js';

const { inspection } = rpcConnection;
const selection = new FrameSelection(inspection);

/** The view. */
export function RpcView() {
  const { frames, framesNone } = texts.value.rpc;
  const whyEmpty = inspection.available.value ? framesNone : texts.value.frames.unavailable;
  return (
    <>
      <div class="console">
        <CallForm />
        <CallList />
        <HandTyped />
      </div>
      <h3 class="part">{frames}</h3>
      <FrameInspector of={selection} whyEmpty={whyEmpty} />
    </>
  );
}
