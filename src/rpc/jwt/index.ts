/**
 * Sessions from JSON Web Tokens (RFC 7519), verified with `jose`, an optional peer dependency.
 * @module hawser/rpc/jwt
 */

export { type JwtClaims, type JwtKey, type JwtVerifierOptions, jwtVerifier } from './jwt-verifier.js';
