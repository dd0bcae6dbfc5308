import { STATUS_CODES } from 'node:http';
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../../src/protocol/errors.js';
import { statusText } from '../../../src/protocol/handshake/status-texts.js';

describe('statusText', () => {
  it('says what Node says, where it says anything', () => {
    const known = Array.from({ length: 500 }, (_, index) => index + 100).filter(
      (status) => statusText(status) !== '',
    );
    expect(known.length).toBeGreaterThan(30);
    for (const status of known) expect(statusText(status)).toBe(STATUS_CODES[status]);
  });

  it('knows every status in the catalogue of errors', () => {
    const statuses = Object.values(errorCatalogue).flatMap((entry) =>
      entry.kind === 'handshake' && 'status' in entry ? [entry.status] : [],
    );
    expect(statuses).toContain(426);
    expect(statuses.filter((status) => statusText(status) === '')).toEqual([]);
  });

  it('is empty for a status it does not know', () => {
    expect(statusText(299)).toBe('');
    expect(statusText(499)).toBe('');
  });
});
