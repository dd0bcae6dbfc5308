/** Who may log in, and the tokens that prove it afterwards. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { jwtVerifier } from 'hawser/rpc/jwt';
import { SignJWT } from 'jose';

const LIFETIME = 3_600_000;
const ISSUER = 'https://example.org';
const AUDIENCE = 'rpc-example';

// Tokens end with the process, since the key does.
const key = new Uint8Array(randomBytes(32));

const digest = (text: string) => createHash('sha256').update(text).digest();
// A real server keeps passwords by scrypt or Argon2.
const passwords = new Map([['admin', digest('secret')]]);
const nobody = randomBytes(32);

/** Takes the same time for a wrong user and a wrong password. */
export function isPassword(user: string, password: string): boolean {
  return timingSafeEqual(digest(password), passwords.get(user) ?? nobody);
}

/** A token for a user, and when it expires, in milliseconds since the Unix epoch. */
export async function issueToken(user: string): Promise<{ token: string; expires: number }> {
  const expires = Date.now() + LIFETIME;
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime(new Date(expires))
    .sign(key);
  return { token, expires };
}

/** What `rpc.auth` asks about a token. */
export const verifyToken = jwtVerifier({ key, algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE });
