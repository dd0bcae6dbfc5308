/** The frames of the connection, one a line; the chosen one is shown in full beside it. */
import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Checkbox } from '../fields.js';
import type { InspectedFrame } from '../inspection.js';
import { texts } from '../language/language.js';
import { grouped } from '../quantities.js';
import { isMasked, opcodeName, preview } from './frame.js';
import type { FrameSelection } from './frame-selection.js';

/** Which key moves how far through the list. */
const moves: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

const optionId = ({ number }: InspectedFrame): string => `frame-${number}`;

/** Scrolls the list alone, not the page, which somebody may be reading further down. */
function keepInView(list: HTMLElement, id: string): void {
  const line = list.querySelector<HTMLElement>(`#${id}`);
  if (line === null) return;
  // From the list's own edge, since the list is positioned.
  const top = line.offsetTop;
  if (top < list.scrollTop) list.scrollTop = top;
  const bottom = top + line.offsetHeight;
  if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}

/** The list with its filter. */
export function FrameList({ of: selection }: { of: FrameSelection }) {
  const words = texts.value.frames;
  const list = useRef<HTMLDivElement>(null);
  const shown = selection.shown.value;
  const missing = selection.inspection.missing.value;
  const move = (event: KeyboardEvent): void => {
    const step = moves[event.key];
    if (step === undefined) return;
    event.preventDefault();
    selection.move(step);
  };
  useEffect(() => {
    if (shown !== undefined && list.current !== null) keepInView(list.current, optionId(shown));
  }, [shown]);
  return (
    <div class="frame-list">
      <Filter of={selection} />
      {missing > 0 && <p class="hint">{words.cut(grouped(missing))}</p>}
      <div
        ref={list}
        role="listbox"
        tabIndex={0}
        aria-label={words.list}
        aria-activedescendant={shown && optionId(shown)}
        onKeyDown={move}
      >
        {selection.listed.value.map((frame) => (
          <FrameLine
            key={frame.number}
            frame={frame}
            selected={frame === shown}
            choose={() => selection.choose(frame)}
          />
        ))}
      </div>
    </div>
  );
}

function Filter({ of: { showsData, showsControl, inspection } }: { of: FrameSelection }) {
  const words = texts.value.frames;
  const kind = (label: string, on: Signal<boolean>) => (
    <Checkbox
      label={label}
      checked={on.value}
      set={(isOn) => {
        on.value = isOn;
      }}
    />
  );
  return (
    <div class="row filter">
      {kind(words.data, showsData)}
      {kind(words.control, showsControl)}
      <button type="button" class="small" onClick={() => inspection.clear()}>
        {words.clear}
      </button>
    </div>
  );
}

interface FrameLineProperties {
  readonly frame: InspectedFrame;
  readonly selected: boolean;
  choose(): void;
}

function FrameLine({ frame, selected, choose }: FrameLineProperties) {
  const { up, down } = texts.value.frames;
  const isUp = frame.direction === 'received';
  const flags = [
    frame.fin && 'FIN',
    ...frame.rsv.map((set, index) => set && `RSV${index + 1}`),
    isMasked(frame) && 'MASK',
  ];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
    <div
      role="option"
      tabIndex={-1}
      id={optionId(frame)}
      class="frame-line"
      aria-selected={selected}
      data-direction={frame.direction}
      data-error={frame.error !== null}
      onClick={choose}
    >
      <span class="number">{frame.number}</span>
      <span class="direction" title={isUp ? up : down}>
        {isUp ? '↑' : '↓'}
        <span class="visually-hidden">{isUp ? up : down}</span>
      </span>
      <b data-opcode={opcodeName(frame.opcode)}>{opcodeName(frame.opcode)}</b>
      <span class="flags">{flags.filter(Boolean).join(' ')}</span>
      <span class="length">{grouped(frame.payloadLength)} B</span>
      <span class="time">{(frame.at / 1000).toFixed(3)} s</span>
      <span class="preview">{preview(frame)}</span>
    </div>
  );
}
