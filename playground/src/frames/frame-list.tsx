/** The frames of the connection, one a line; the chosen one is shown in full beside it. */
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Checkbox } from '../fields.js';
import { type InspectedFrame, inspection } from '../inspection.js';
import { texts } from '../language/language.js';
import { grouped } from '../quantities.js';
import { isControl, isMasked, opcodeName, preview } from './frame.js';

const showsData = signal(true);
const showsControl = signal(true);
/** Number of the chosen frame; the newest one of a message while none is. */
const chosen = signal<number | undefined>(undefined);

const listed = computed(() =>
  inspection.frames.value.filter((frame) => (isControl(frame) ? showsControl.value : showsData.value)),
);

/** The frame that is shown in full; a heartbeat does not take the place of a message that somebody may be reading. */
export const shownFrame = computed(() => {
  const frames = listed.value;
  const isChosen = ({ number }: InspectedFrame): boolean => number === chosen.value;
  return frames.find(isChosen) ?? frames.findLast((frame) => !isControl(frame)) ?? frames.at(-1);
});

// A new connection counts its frames from 1 again.
inspection.opening.subscribe(() => {
  chosen.value = undefined;
});

/** Which key moves how far through the list. */
const moves: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

function move(event: KeyboardEvent): void {
  const step = moves[event.key];
  const frames = listed.value;
  if (step === undefined || frames.length === 0) return;
  event.preventDefault();
  const present = frames.findIndex(({ number }) => number === shownFrame.value?.number);
  const next = Math.min(Math.max(present + step, 0), frames.length - 1);
  chosen.value = frames[next]?.number;
}

const optionId = ({ number }: InspectedFrame): string => `frame-${number}`;

/** Scrolls the list alone, not the page, which somebody may be reading further down. */
function keepInView(list: HTMLElement, id: string): void {
  const line = list.querySelector<HTMLElement>(`#${id}`);
  if (line === null) return;
  const top = line.offsetTop - list.offsetTop;
  if (top < list.scrollTop) list.scrollTop = top;
  const bottom = top + line.offsetHeight;
  if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}

/** The list with its filter. */
export function FrameList() {
  const words = texts.value.frames;
  const list = useRef<HTMLDivElement>(null);
  const shown = shownFrame.value;
  useEffect(() => {
    if (shown !== undefined && list.current !== null) keepInView(list.current, optionId(shown));
  }, [shown]);
  return (
    <div class="frame-list">
      <Filter />
      {inspection.missing.value > 0 && <p class="hint">{words.cut(grouped(inspection.missing.value))}</p>}
      <div
        ref={list}
        role="listbox"
        tabIndex={0}
        aria-label={words.list}
        aria-activedescendant={shown && optionId(shown)}
        onKeyDown={move}
      >
        {listed.value.map((frame) => (
          <FrameLine key={frame.number} frame={frame} selected={frame === shown} />
        ))}
      </div>
    </div>
  );
}

function Filter() {
  const words = texts.value.frames;
  const kind = (label: string, on: typeof showsData) => (
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

function FrameLine({ frame, selected }: { frame: InspectedFrame; selected: boolean }) {
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
      onClick={() => {
        chosen.value = frame.number;
      }}
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
