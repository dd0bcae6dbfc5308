/** Which frames of a connection are listed, and which of them is shown in full. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { InspectedFrame, Inspection } from '../inspection.js';
import { isControl } from './frame.js';

/** What a person has chosen among the frames of one connection. */
export class FrameSelection {
  readonly inspection: Inspection;
  readonly showsData = signal(true);
  readonly showsControl = signal(true);
  /** The frames that pass the filter. */
  readonly listed: ReadonlySignal<readonly InspectedFrame[]>;
  /** The frame that is shown in full; a heartbeat does not take the place of a message that somebody may be reading. */
  readonly shown: ReadonlySignal<InspectedFrame | undefined>;
  /** Number of the chosen frame; the newest one of a message while none is. */
  readonly #chosen = signal<number | undefined>(undefined);

  constructor(inspection: Inspection) {
    this.inspection = inspection;
    this.listed = computed(() =>
      inspection.frames.value.filter((frame) =>
        isControl(frame) ? this.showsControl.value : this.showsData.value,
      ),
    );
    this.shown = computed(() => {
      const frames = this.listed.value;
      const isChosen = ({ number }: InspectedFrame): boolean => number === this.#chosen.value;
      return frames.find(isChosen) ?? frames.findLast((frame) => !isControl(frame)) ?? frames.at(-1);
    });
    // A new connection counts its frames from 1 again.
    inspection.opening.subscribe(() => this.choose(undefined));
  }

  choose(frame: InspectedFrame | undefined): void {
    this.#chosen.value = frame?.number;
  }

  /** Goes some frames on, or back. */
  move(step: number): void {
    const frames = this.listed.value;
    const present = frames.findIndex(({ number }) => number === this.shown.value?.number);
    this.choose(frames[Math.min(Math.max(present + step, 0), frames.length - 1)]);
  }
}
