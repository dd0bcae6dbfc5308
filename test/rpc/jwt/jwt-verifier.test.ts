import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwtVerifier } from '../../../src/rpc/jwt/jwt-verifier.js';

const secret = new TextEncoder().encode('a secret of thirty-two bytes....');
const rules = { algorithms: ['HS256'], issuer: 'https://issuer.example', audience: 'api' };

interface TokenParts {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: Parameters<SignJWT['sign']>[0];
  readonly claims?: Record<string, unknown>;
  readonly without?: string;
}

const soon = () => Math.floor(Date.now() / 1000) + 60;

function token({
  alg = 'HS256',
  kid = '1',
  key = secret,
  claims = {},
  without,
}: TokenParts = {}): Promise<string> {
  const all = { iss: 'https://issuer.example', aud: 'api', sub: 'ada', exp: soon(), ...claims };
  const payload = Object.fromEntries(Object.entries(all).filter(([name]) => name !== without));
  return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key);
}

describe('jwtVerifier', () => {
  it('gives the claims, the subject and the end', async () => {
    const exp = soon();
    const verify = jwtVerifier({ ...rules, key: secret });
    expect(await verify(await token({ claims: { exp, role: 'admin' } }))).toEqual({
      context: expect.objectContaining({ sub: 'ada', role: 'admin' }),
      principal: 'ada',
      expires: exp * 1000,
    });
  });

  it.each<[string, TokenParts]>([
    ['another issuer', { claims: { iss: 'https://evil.example' } }],
    ['another audience', { claims: { aud: 'other' } }],
    ['an end in the past', { claims: { exp: 1 } }],
    ['a beginning in the future', { claims: { nbf: soon() } }],
    ['no end', { without: 'exp' }],
    ['no subject', { without: 'sub' }],
    ['no issuer', { without: 'iss' }],
    ['no audience', { without: 'aud' }],
    ['another key', { key: new TextEncoder().encode('another secret of thirty-two byt') }],
    ['another algorithm', { alg: 'HS512', key: new TextEncoder().encode('x'.repeat(64)) }],
  ])('refuses a token with %s', async (_, parts) => {
    await expect(jwtVerifier({ ...rules, key: secret })(await token(parts))).rejects.toThrow();
  });

  it('refuses a token without a signature, and what is no token', async () => {
    const verify = jwtVerifier({ ...rules, key: secret });
    const [, payload] = (await token()).split('.');
    const header = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const text of [`${header}.${payload}.`, 'x', '', 'a.b.c'])
      await expect(verify(text)).rejects.toThrow();
  });

  it('does not take a public key for a shared secret', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const verify = jwtVerifier({ ...rules, algorithms: ['ES256'], key: publicKey });
    expect((await verify(await token({ alg: 'ES256', key: privateKey }))).principal).toBe('ada');
    const bytes = new TextEncoder().encode(JSON.stringify(await exportJWK(publicKey)));
    await expect(verify(await token({ key: bytes }))).rejects.toThrow();
  });

  it('lets clocks differ as much as it is told', async () => {
    const past = Math.floor(Date.now() / 1000) - 5;
    const text = await token({ claims: { exp: past } });
    const verify = jwtVerifier({ ...rules, key: secret, clockTolerance: 30_000 });
    expect((await verify(text)).expires).toBe(past * 1000 + 30_000);
  });

  it('wants one source of keys, and algorithms', () => {
    expect(() => jwtVerifier(rules)).toThrow('one of "key" and "jwksUrl"');
    expect(() => jwtVerifier({ ...rules, key: secret, jwksUrl: 'https://issuer.example' })).toThrow('one of');
    expect(() => jwtVerifier({ ...rules, key: secret, algorithms: [] })).toThrow('algorithms');
  });
});

describe('keys by URL', () => {
  let server: Server;
  let requests = 0;
  let keys: object[] = [];
  beforeAll(async () => {
    server = createServer((_, response) => {
      requests++;
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('are fetched once, and again for a key that is not there, but not at once', async () => {
    const first = await generateKeyPair('ES256');
    const second = await generateKeyPair('ES256');
    keys = [{ ...(await exportJWK(first.publicKey)), kid: 'a', alg: 'ES256' }];
    const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    const verify = jwtVerifier({ ...rules, algorithms: ['ES256'], jwksUrl });
    for (let time = 0; time < 3; time++) {
      expect((await verify(await token({ alg: 'ES256', kid: 'a', key: first.privateKey }))).principal).toBe(
        'ada',
      );
    }
    expect(requests).toBe(1);
    keys.push({ ...(await exportJWK(second.publicKey)), kid: 'b', alg: 'ES256' });
    const unknown = await token({ alg: 'ES256', kid: 'b', key: second.privateKey });
    await expect(verify(unknown)).rejects.toThrow();
    expect(requests).toBe(1);
    const eager = jwtVerifier({ ...rules, algorithms: ['ES256'], jwksUrl, jwksCooldown: 0 });
    expect((await eager(unknown)).principal).toBe('ada');
  });
});
