import { describe, expect, it } from 'vitest';
import * as client from '../../src/browser/index.js';
import * as hawser from '../../src/index.js';
import * as protocol from '../../src/protocol/index.js';
import * as rpc from '../../src/rpc/index.js';
import * as jwt from '../../src/rpc/jwt/index.js';
import * as rpcServer from '../../src/rpc/server/index.js';
import * as testing from '../../src/testing/index.js';
import * as web from '../../src/web/index.js';
import { exportsOf } from './declarations.js';
import { allDocuments, codeNames, namesInTables, readDocument } from './markdown.js';

const faces = [
  ['src/index.ts', hawser],
  ['src/protocol/index.ts', protocol],
  ['src/web/index.ts', web],
  ['src/rpc/index.ts', rpc],
  ['src/rpc/server/index.ts', rpcServer],
  ['src/rpc/jwt/index.ts', jwt],
  ['src/browser/index.ts', client],
  ['src/testing/index.ts', testing],
] as const;

describe.each(faces)('what %s exports', (file, module) => {
  const exported = exportsOf(file);
  const names = new Set(exported.map(({ name }) => name));

  it('is found, with every value that is really there', () => {
    const values = Object.keys(module).filter((name) => name !== 'default' && name !== 'module.exports');
    expect(values.filter((name) => !names.has(name))).toEqual([]);
    expect(names.size).toBeGreaterThan(values.length);
  });

  it.each(exported.map(({ name, file: declaring, comment }) => [name, declaring, comment] as const))(
    '%s has a doc comment in %s',
    (_name, _declaring, comment) => expect(comment).toMatch(/^\S.{10,}/),
  );
});

describe('the reference', () => {
  it('lists every export of hawser/protocol, and nothing else', () => {
    const names = new Set(exportsOf('src/protocol/index.ts').map(({ name }) => name));
    const listed = namesInTables(readDocument('docs/reference/protocol.md'), 'Exports');
    expect(listed.toSorted()).toEqual([...names].sort());
  });

  it('speaks of every class and function of hawser', () => {
    const reference = allDocuments().filter(({ path }) => path.startsWith('docs/reference/'));
    const named = new Set(
      reference.flatMap(({ text, headings }) => [...text.split('\n').flatMap(codeNames), ...headings]),
    );
    const values = Object.keys(hawser).filter((name) => name !== 'default' && name !== 'module.exports');
    expect(values.filter((name) => !named.has(name))).toEqual([]);
  });

  it.each([
    ['rpc', ['src/rpc/index.ts']],
    ['rpc-server', ['src/rpc/server/index.ts', 'src/rpc/jwt/index.ts']],
    ['client', ['src/browser/index.ts']],
  ])('speaks on the page %s of every export, or on one that it shares it with', (page, files) => {
    const { text } = readDocument(`docs/reference/${page}.md`);
    const names = files.flatMap((file) => exportsOf(file).map(({ name }) => name));
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });
});
