import {
  type CryptoKey,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { RpcUsageError } from '../../transport/errors.js';
import type { Authentication } from '../server/call.js';
import { rpcError } from '../wire/error-object.js';

/** What verifies a signature: the bytes of a shared secret, or a public key. */
export type JwtKey = Uint8Array | CryptoKey;

/** The claims of a token that was verified: it has an end, and says whose it is. */
export interface JwtClaims extends JWTPayload {
  readonly sub: string;
  readonly exp: number;
}

/** Options of `jwtVerifier`: one of `key` and `jwksUrl`, and what a token has to say. */
export interface JwtVerifierOptions {
  /** The key that signatures are verified with. */
  readonly key?: JwtKey | undefined;
  /** Where the issuer publishes its keys (RFC 7517): fetched when one is missing, and kept. */
  readonly jwksUrl?: string | URL | undefined;
  /** Algorithms that a token may be signed with, such as `['ES256']`. What the token itself says is not trusted. */
  readonly algorithms: readonly string[];
  /** Who has to have issued it (`iss`). */
  readonly issuer: string | readonly string[];
  /** Whom it has to be for (`aud`). */
  readonly audience: string | readonly string[];
  /** Milliseconds that clocks may differ by. Default 0. */
  readonly clockTolerance?: number | undefined;
  /** Milliseconds for which fetched keys are kept. Default 600,000. */
  readonly jwksMaxAge?: number | undefined;
  /** Milliseconds between two fetches at least, whatever keys tokens name. Default 30,000. */
  readonly jwksCooldown?: number | undefined;
}

/**
 * Makes the option `authentication.verify` of an `rpcServer`: `context` are the claims, `principal` is the subject, and
 * the session lasts until the token expires.
 * @throws RpcUsageError unless there is one of `key` and `jwksUrl`, and an algorithm
 */
export function jwtVerifier(
  options: JwtVerifierOptions,
): (token: string) => Promise<Authentication<JwtClaims>> {
  const { key, jwksUrl, algorithms, issuer, audience, clockTolerance = 0 } = options;
  if ((key === undefined) === (jwksUrl === undefined)) {
    throw new RpcUsageError('RPC_ERR_INVALID_ARGUMENT', 'one of "key" and "jwksUrl" is needed');
  }
  if (algorithms.length === 0) {
    throw new RpcUsageError('RPC_ERR_INVALID_ARGUMENT', '"algorithms" lists what tokens may be signed with');
  }
  const rules: JWTVerifyOptions = {
    algorithms: [...algorithms],
    issuer: typeof issuer === 'string' ? issuer : [...issuer],
    audience: typeof audience === 'string' ? audience : [...audience],
    clockTolerance: clockTolerance / 1000,
    requiredClaims: ['exp', 'sub'],
  };
  const verify = key === undefined ? withKeySet(options, rules) : withKey(key, rules);
  return async (token) => {
    const claims = (await verify(token).catch(refuse)) as JwtClaims;
    return { context: claims, principal: claims.sub, expires: claims.exp * 1000 + clockTolerance };
  };
}

/** Errors that are about the keys' source, and not about the token: the server has to be told. */
const ours = [errors.JWKSInvalid, errors.JWKSTimeout];

/** A token that is not good is refused; anything else, such as keys that cannot be fetched, is an error of ours. */
function refuse(error: unknown): never {
  const isAboutToken = error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC';
  if (!isAboutToken || ours.some((kind) => error instanceof kind)) throw error;
  throw rpcError('UNAUTHENTICATED', 'The token was refused');
}

type Verify = (token: string) => Promise<JWTPayload>;

function withKey(key: JwtKey, rules: JWTVerifyOptions): Verify {
  return async (token) => (await jwtVerify(token, key, rules)).payload;
}

function withKeySet(
  { jwksUrl, jwksMaxAge, jwksCooldown }: JwtVerifierOptions,
  rules: JWTVerifyOptions,
): Verify {
  const keys = createRemoteJWKSet(new URL(jwksUrl as string | URL), {
    cacheMaxAge: jwksMaxAge ?? 600_000,
    cooldownDuration: jwksCooldown ?? 30_000,
  });
  return async (token) => (await jwtVerify(token, keys, rules)).payload;
}
