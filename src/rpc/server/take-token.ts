import { errorText, RpcError, rpcError } from '../wire/error-object.js';
import type { Outcome } from '../wire/text.js';
import type { Session } from './session.js';
import type { RpcSettings } from './settings.js';

/** `rpc.auth`: begins a session by a token, or makes it last longer. Never rejects. */
export async function takeToken<Context>(
  token: unknown,
  session: Session<Context>,
  { authentication, report }: RpcSettings<Context>,
): Promise<Outcome> {
  try {
    if (typeof token !== 'string') throw rpcError('INVALID_PARAMS', 'The token is a string');
    const found = await authentication?.verify?.(token);
    if (found === undefined) throw rpcError('UNAUTHENTICATED', 'The token was refused');
    await session.authenticate(found);
    return { result: JSON.stringify({ expiresIn: session.expiresIn ?? null }) };
  } catch (error) {
    if (error instanceof RpcError) return { error: errorText(error) };
    report(error);
    return { error: JSON.stringify(rpcError('UNAUTHENTICATED', 'The token was refused')) };
  }
}
