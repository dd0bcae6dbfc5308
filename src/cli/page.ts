/**
 * Serves the files of a folder over HTTP. The folder is read once, at the start: a request's path is looked
 * up in a table and never becomes a path of the file system, so there is nothing to traverse.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';

interface PageFile {
  readonly content: Buffer;
  readonly type: string;
}

interface Answer extends PageFile {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
}

const contentTypes = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.txt', 'text/plain; charset=utf-8'],
]);

const securityHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws: wss:; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
};

/** A listener that serves the files of `folder`, its `index.html` at `/`. Throws if the folder has none. */
export function pageListener(folder: string): RequestListener {
  const files = readFolder(folder);
  const index = files.get('/index.html');
  if (index === undefined) throw new Error(`There is no index.html in ${folder}`);
  files.set('/', index);
  return (request, response) => write(response, answer(files, request), request.method !== 'HEAD');
}

function readFolder(folder: string): Map<string, PageFile> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const type = contentTypes.get(extname(path)) ?? 'application/octet-stream';
        return [`/${relative(folder, path).split(sep).join('/')}`, { content: readFileSync(path), type }];
      }),
  );
}

function answer(files: Map<string, PageFile>, { method = '', url = '/' }: IncomingMessage): Answer {
  if (method !== 'GET' && method !== 'HEAD')
    return refusal(405, 'Method Not Allowed', { Allow: 'GET, HEAD' });
  const path = requestedPath(url);
  if (path === undefined) return refusal(400, 'Bad Request');
  const file = files.get(path);
  return file === undefined ? refusal(404, 'Not Found') : { status: 200, headers: {}, ...file };
}

function refusal(status: number, text: string, headers: OutgoingHttpHeaders = {}): Answer {
  return { status, headers, content: Buffer.from(`${text}\n`), type: 'text/plain; charset=utf-8' };
}

/** The decoded path of a request target, without its query; `undefined` if it is malformed. */
function requestedPath(target: string): string | undefined {
  try {
    const { pathname } = new URL(target.startsWith('/') ? `http://page${target}` : target);
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}

function write(
  response: ServerResponse,
  { status, headers, content, type }: Answer,
  withContent: boolean,
): void {
  response.writeHead(status, {
    ...securityHeaders,
    ...headers,
    'Content-Type': type,
    'Content-Length': content.length,
  });
  response.end(withContent ? content : undefined);
}
