import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExtensions, serializeExtensions } from '../../../src/protocol/handshake/extensions.js';
import {
  acceptOffer,
  checkPreferences,
  checkResponse,
  createOffer,
  type PerMessageDeflateParameters,
  type PerMessageDeflatePreferences,
} from '../../../src/protocol/handshake/permessage-deflate.js';

/** A server that wants nothing special: context takeover allowed in both directions. */
const neutral: PerMessageDeflatePreferences = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
};

/** What a server with `preferences` answers to the header `offers`. */
function answer(offers: string, preferences: PerMessageDeflatePreferences = neutral): string | null {
  const accepted = acceptOffer(parseExtensions(offers), preferences);
  return accepted && serializeExtensions([accepted.response]);
}

function agreed(
  serverNoContextTakeover: boolean,
  clientNoContextTakeover: boolean,
  serverMaxWindowBits: number,
  clientMaxWindowBits: number,
): PerMessageDeflateParameters {
  return { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits };
}

describe('acceptOffer', () => {
  it('answers a bare offer; by default without context takeover in either direction', () => {
    expect(answer('permessage-deflate')).toBe('permessage-deflate');
    expect(acceptOffer(parseExtensions('permessage-deflate'))).toEqual({
      parameters: agreed(true, true, 15, 15),
      response: parseExtensions(
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
      )[0],
    });
  });

  it.each<[string, PerMessageDeflatePreferences, string, PerMessageDeflateParameters]>([
    // server_no_context_takeover (§7.1.1.1): granted when asked for, and said when we want it.
    ['; server_no_context_takeover', {}, '; server_no_context_takeover', agreed(true, false, 15, 15)],
    ['', { serverNoContextTakeover: true }, '; server_no_context_takeover', agreed(true, false, 15, 15)],
    // client_no_context_takeover (§7.1.1.2): the response may have it though the offer has not.
    ['; client_no_context_takeover', {}, '; client_no_context_takeover', agreed(false, true, 15, 15)],
    ['', { clientNoContextTakeover: true }, '; client_no_context_takeover', agreed(false, true, 15, 15)],
    // server_max_window_bits (§7.1.2.1): granted with the same or a smaller value.
    ['; server_max_window_bits=15', {}, '; server_max_window_bits=15', agreed(false, false, 15, 15)],
    ['; server_max_window_bits=10', {}, '; server_max_window_bits=10', agreed(false, false, 10, 15)],
    ['; server_max_window_bits=8', {}, '; server_max_window_bits=8', agreed(false, false, 8, 15)],
    [
      '; server_max_window_bits=10',
      { serverMaxWindowBits: 9 },
      '; server_max_window_bits=9',
      agreed(false, false, 9, 15),
    ],
    [
      '; server_max_window_bits=10',
      { serverMaxWindowBits: 12 },
      '; server_max_window_bits=10',
      agreed(false, false, 10, 15),
    ],
    ['', { serverMaxWindowBits: 11 }, '; server_max_window_bits=11', agreed(false, false, 11, 15)],
    // client_max_window_bits (§7.1.2.2): only to a client that offers it; its value is a promise.
    ['; client_max_window_bits', {}, '', agreed(false, false, 15, 15)],
    ['; client_max_window_bits=15', {}, '', agreed(false, false, 15, 15)],
    ['; client_max_window_bits=9', {}, '; client_max_window_bits=9', agreed(false, false, 15, 9)],
    [
      '; client_max_window_bits',
      { clientMaxWindowBits: 10 },
      '; client_max_window_bits=10',
      agreed(false, false, 15, 10),
    ],
    [
      '; client_max_window_bits=9',
      { clientMaxWindowBits: 10 },
      '; client_max_window_bits=9',
      agreed(false, false, 15, 9),
    ],
    [
      '; client_max_window_bits=12',
      { clientMaxWindowBits: 10 },
      '; client_max_window_bits=10',
      agreed(false, false, 15, 10),
    ],
    ['', { clientMaxWindowBits: 15 }, '', agreed(false, false, 15, 15)],
    ['', { clientMaxWindowBits: true }, '', agreed(false, false, 15, 15)],
    // A quoted value is its token (RFC 6455 §9.1).
    ['; server_max_window_bits="10"', {}, '; server_max_window_bits=10', agreed(false, false, 10, 15)],
  ])('offer "%s" with %j gives "%s"', (offer, preferences, response, parameters) => {
    const accepted = acceptOffer(parseExtensions(`permessage-deflate${offer}`), {
      ...neutral,
      ...preferences,
    });
    expect(accepted?.parameters).toEqual(parameters);
    expect(accepted && serializeExtensions([accepted.response])).toBe(`permessage-deflate${response}`);
  });

  it('takes all four parameters at once', () => {
    const all =
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9';
    expect(answer(all)).toBe(all);
  });

  it.each([
    'foo',
    'server_no_context_takeover; server_no_context_takeover',
    'client_no_context_takeover; client_no_context_takeover',
    'server_max_window_bits=10; server_max_window_bits=10',
    'client_max_window_bits; client_max_window_bits=10',
    'server_no_context_takeover=1',
    'server_no_context_takeover=true',
    'client_no_context_takeover=1',
    'server_max_window_bits',
    'server_max_window_bits=7',
    'server_max_window_bits=16',
    'server_max_window_bits=08',
    'server_max_window_bits=010',
    'server_max_window_bits=8.0',
    'server_max_window_bits=1e1',
    'server_max_window_bits=+9',
    'server_max_window_bits=-9',
    'server_max_window_bits=x',
    'client_max_window_bits=7',
    'client_max_window_bits=16',
    'client_max_window_bits=09',
    'Server_No_Context_Takeover',
    '__proto__',
  ])('declines "%s" and goes on to the next offer', (parameters) => {
    const bad = `permessage-deflate; ${parameters}`;
    expect(answer(bad)).toBeNull();
    expect(answer(`${bad}, permessage-deflate; server_max_window_bits=11`)).toBe(
      'permessage-deflate; server_max_window_bits=11',
    );
  });

  it('declines an offer under which it cannot limit the window of the client', () => {
    expect(answer('permessage-deflate', { ...neutral, clientMaxWindowBits: 10 })).toBeNull();
    expect(
      answer('permessage-deflate, permessage-deflate; client_max_window_bits', {
        ...neutral,
        clientMaxWindowBits: 10,
      }),
    ).toBe('permessage-deflate; client_max_window_bits=10');
  });

  it('takes the first offer that it can, in the order of the client', () => {
    expect(answer('permessage-deflate; server_max_window_bits=10, permessage-deflate')).toBe(
      'permessage-deflate; server_max_window_bits=10',
    );
  });

  it('passes over other extensions', () => {
    expect(answer('foo; bar, x-webkit-deflate-frame, permessage-deflate')).toBe('permessage-deflate');
    expect(answer('foo')).toBeNull();
    expect(answer('Permessage-Deflate')).toBeNull();
    expect(acceptOffer([])).toBeNull();
  });
});

describe('createOffer', () => {
  it.each<[PerMessageDeflatePreferences, string]>([
    [{}, 'permessage-deflate; client_max_window_bits'],
    [{ clientMaxWindowBits: true }, 'permessage-deflate; client_max_window_bits'],
    [{ clientMaxWindowBits: false }, 'permessage-deflate'],
    [{ clientMaxWindowBits: 15 }, 'permessage-deflate; client_max_window_bits'],
    [{ clientMaxWindowBits: 9 }, 'permessage-deflate; client_max_window_bits=9'],
    [{ serverMaxWindowBits: 15 }, 'permessage-deflate; client_max_window_bits'],
    [{ serverMaxWindowBits: 10 }, 'permessage-deflate; server_max_window_bits=10; client_max_window_bits'],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true },
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits',
    ],
    [
      { serverNoContextTakeover: false, clientNoContextTakeover: false },
      'permessage-deflate; client_max_window_bits',
    ],
  ])('says %j as "%s"', (preferences, offer) => {
    expect(serializeExtensions([createOffer(preferences)])).toBe(offer);
  });
});

describe('preferences', () => {
  it.each([7, 16, 0, -8, 8.5, Number.NaN, Infinity, '10' as unknown as number, null as unknown as number])(
    'refuses %s window bits as the caller’s mistake',
    (bits) => {
      const mistake = expect.objectContaining({ name: 'UsageError', code: 'WS_ERR_INVALID_OPTIONS' });
      for (const preferences of [{ serverMaxWindowBits: bits }, { clientMaxWindowBits: bits }]) {
        expect(() => checkPreferences(preferences)).toThrow(mistake);
        expect(() => createOffer(preferences)).toThrow(mistake);
        expect(() => acceptOffer([], preferences)).toThrow(mistake);
      }
    },
  );

  it('takes 8 to 15', () => {
    for (let bits = 8; bits <= 15; bits += 1) {
      checkPreferences({ serverMaxWindowBits: bits, clientMaxWindowBits: bits });
      expect(
        acceptOffer(parseExtensions('permessage-deflate'), { serverMaxWindowBits: bits })?.parameters,
      ).toEqual(agreed(true, true, bits, 15));
    }
  });
});

describe('checkResponse', () => {
  const check = (response: string, preferences: PerMessageDeflatePreferences = {}) =>
    checkResponse(parseExtensions(response), createOffer(preferences));

  it('knows that no extension was accepted', () => {
    expect(checkResponse([], createOffer())).toBeNull();
  });

  it.each<[string, PerMessageDeflatePreferences, PerMessageDeflateParameters]>([
    ['', {}, agreed(false, false, 15, 15)],
    ['; server_no_context_takeover', {}, agreed(true, false, 15, 15)],
    ['; server_no_context_takeover', { serverNoContextTakeover: true }, agreed(true, false, 15, 15)],
    ['; client_no_context_takeover', {}, agreed(false, true, 15, 15)],
    // What we offered to do, we do, whether the server repeats it or not.
    ['', { clientNoContextTakeover: true }, agreed(false, true, 15, 15)],
    ['; server_max_window_bits=10', {}, agreed(false, false, 10, 15)],
    ['; server_max_window_bits=10', { serverMaxWindowBits: 10 }, agreed(false, false, 10, 15)],
    ['; server_max_window_bits=8', { serverMaxWindowBits: 10 }, agreed(false, false, 8, 15)],
    ['; client_max_window_bits=8', {}, agreed(false, false, 15, 8)],
    ['; client_max_window_bits=8', { clientMaxWindowBits: 10 }, agreed(false, false, 15, 8)],
    ['; client_max_window_bits=12', { clientMaxWindowBits: 10 }, agreed(false, false, 15, 10)],
    ['', { clientMaxWindowBits: 10 }, agreed(false, false, 15, 10)],
  ])('reads "%s" after an offer of %j', (response, preferences, parameters) => {
    expect(check(`permessage-deflate${response}`, preferences)).toEqual(parameters);
  });

  it.each(['foo', 'foo, permessage-deflate', 'permessage-deflate, foo', 'Permessage-Deflate'])(
    'refuses "%s": not requested',
    (response) => {
      expect(() => check(response)).toThrow(
        expect.objectContaining({
          name: 'HandshakeError',
          code: 'WS_ERR_UNEXPECTED_EXTENSION',
          message: 'Server indicated an extension that was not requested',
        }),
      );
    },
  );

  it.each<[what: string, response: string, preferences: PerMessageDeflatePreferences]>([
    ['the extension twice', ', permessage-deflate', {}],
    ['an unknown parameter', '; foo', {}],
    ['a repeated flag', '; server_no_context_takeover; server_no_context_takeover', {}],
    ['repeated window bits', '; server_max_window_bits=9; server_max_window_bits=9', {}],
    ['a flag with a value', '; server_no_context_takeover=1', {}],
    ['the other flag with a value', '; client_no_context_takeover=1', {}],
    ['server window bits without a value', '; server_max_window_bits', {}],
    ['client window bits without a value', '; client_max_window_bits', {}],
    ['7 bits', '; server_max_window_bits=7', {}],
    ['16 bits', '; client_max_window_bits=16', {}],
    ['a leading zero', '; client_max_window_bits=09', {}],
    [
      'client window bits that were not offered',
      '; client_max_window_bits=10',
      { clientMaxWindowBits: false },
    ],
    ['a larger server window than requested', '; server_max_window_bits=11', { serverMaxWindowBits: 10 }],
    ['no limit of the server window that was requested', '', { serverMaxWindowBits: 10 }],
    ['context takeover of the server that was declined', '', { serverNoContextTakeover: true }],
  ])('refuses %s', (_, response, preferences) => {
    expect(() => check(`permessage-deflate${response}`, preferences)).toThrow(
      expect.objectContaining({
        name: 'HandshakeError',
        code: 'WS_ERR_INVALID_EXTENSIONS_HEADER',
        message: 'Invalid Sec-WebSocket-Extensions header',
      }),
    );
  });
});

describe('checkResponse for an offer that was written by hand', () => {
  it.each(['10', '15'])('wants server_max_window_bits=%s to be granted by name (§7.1.2.1)', (bits) => {
    const [offer] = parseExtensions(`permessage-deflate; server_max_window_bits=${bits}`);
    expect(() => checkResponse(parseExtensions('permessage-deflate'), offer)).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_EXTENSIONS_HEADER' }),
    );
    expect(checkResponse([offer], offer)?.serverMaxWindowBits).toBe(Number(bits));
  });
});

describe('both ends', () => {
  const bits = fc.integer({ min: 8, max: 15 });
  const preferences: fc.Arbitrary<PerMessageDeflatePreferences> = fc.record(
    {
      serverNoContextTakeover: fc.boolean(),
      clientNoContextTakeover: fc.boolean(),
      serverMaxWindowBits: bits,
      clientMaxWindowBits: fc.oneof(bits, fc.boolean()),
    },
    { requiredKeys: [] },
  );

  it('come to the same parameters, whatever they prefer', () => {
    fc.assert(
      fc.property(preferences, preferences, (client, server) => {
        const offer = createOffer(client);
        const accepted = acceptOffer(parseExtensions(serializeExtensions([offer])), server);
        const isLimitImpossible =
          client.clientMaxWindowBits === false && Number(server.clientMaxWindowBits ?? 15) < 15;
        if (typeof server.clientMaxWindowBits === 'number' && isLimitImpossible) expect(accepted).toBeNull();
        else
          expect(checkResponse(parseExtensions(serializeExtensions([accepted!.response])), offer)).toEqual(
            accepted!.parameters,
          );
      }),
      { seed: 7692, numRuns: 1_000 },
    );
  });

  it('never exceed a preference of either', () => {
    const limit = (value: number | boolean | undefined) => (typeof value === 'number' ? value : 15);
    fc.assert(
      fc.property(preferences, preferences, (client, server) => {
        const parameters = acceptOffer([createOffer(client)], server)?.parameters;
        if (parameters === undefined) return;
        const { serverMaxWindowBits, clientMaxWindowBits } = parameters;
        expect(serverMaxWindowBits).toBe(
          Math.min(limit(client.serverMaxWindowBits), limit(server.serverMaxWindowBits)),
        );
        expect(clientMaxWindowBits).toBe(
          Math.min(limit(client.clientMaxWindowBits), limit(server.clientMaxWindowBits)),
        );
        if (client.serverNoContextTakeover) expect(parameters.serverNoContextTakeover).toBe(true);
        if (client.clientNoContextTakeover) expect(parameters.clientNoContextTakeover).toBe(true);
      }),
      { seed: 7692, numRuns: 1_000 },
    );
  });
});
