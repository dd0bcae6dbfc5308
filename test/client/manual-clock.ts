import { ManualClock as PublicClock } from '../../src/testing/manual-clock.js';

/** The clock of the test kit, at the beginning of time. */
export class ManualClock extends PublicClock {
  constructor() {
    super(0);
  }
}
