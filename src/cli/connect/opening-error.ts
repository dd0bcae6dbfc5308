/** Why a connection did not come about, in words that say what to do. */
import type { IncomingMessage } from 'node:http';

/** Bytes of a refusal's body that are read. */
const mostBody = 4096;

const certificateErrors = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** What an error of the opening means. */
export function openingError(error: NodeJS.ErrnoException, url: string): string {
  const { code = '', message } = error;
  if (code === 'ECONNREFUSED') return `Nobody listens at ${url}.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `There is no host of that name: ${url}.`;
  if (certificateErrors.has(code)) return `${message}. --insecure accepts the certificate all the same.`;
  if (code === 'EPROTO') return `${message.trim()}. Does the server speak TLS? Try ws: in place of wss:.`;
  return message === '' ? code : message;
}

/** What a server that refused has said: the status and the first line of the body. */
export async function refusal(response: IncomingMessage): Promise<string> {
  const { statusCode, statusMessage } = response;
  const line = `The server answered ${statusCode} ${statusMessage ?? ''}`.trim();
  let body = '';
  try {
    for await (const chunk of response) {
      body += chunk;
      if (body.length >= mostBody || body.includes('\n')) break;
    }
  } catch {
    // What came before the end is enough.
  }
  const [first = ''] = body.trim().split('\n', 1);
  return first === '' ? line : `${line}: ${first}`;
}
