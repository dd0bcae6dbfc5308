import { expect, it } from 'vitest';
import { sendFlags } from '../../src/node/send-flags.js';

it('flags say what they were asked for, and are the same object each time', () => {
  for (const isBinary of [false, true]) {
    for (const compress of [false, true]) {
      for (const fin of [false, true]) {
        const flags = sendFlags(isBinary, compress, fin);
        expect(flags).toEqual({ isBinary, compress, fin });
        expect(sendFlags(isBinary, compress, fin)).toBe(flags);
      }
    }
  }
});
