import { describe, expect, it } from 'vitest';
import { RpcErrorCode } from '../../../src/rpc/wire/error-codes.js';
import { RemoteError, RpcError, rpcError } from '../../../src/rpc/wire/error-object.js';

describe('RpcError', () => {
  it('is written as an error object, with data where there is some', () => {
    expect(JSON.stringify(new RpcError(7, 'Not today'))).toBe('{"code":7,"message":"Not today"}');
    expect(JSON.stringify(new RpcError(7, 'Not today', null))).toBe(
      '{"code":7,"message":"Not today","data":null}',
    );
  });

  it('is told from one of a peer', () => {
    expect(new RemoteError(1, '')).toBeInstanceOf(RpcError);
    expect([new RpcError(1, '').name, new RemoteError(1, '').name]).toEqual(['RpcError', 'RemoteError']);
  });
});

describe('rpcError', () => {
  it('words errors as the specification does, unless it is told to do otherwise', () => {
    expect(rpcError('METHOD_NOT_FOUND')).toMatchObject({ code: -32601, message: 'Method not found' });
    expect(rpcError('CANCELLED', 'Enough', [1])).toMatchObject({ message: 'Enough', data: [1] });
  });

  it('has codes that differ, in the ranges of JSON-RPC', () => {
    const codes = Object.values(RpcErrorCode);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code >= -32768 && code <= -32000).toBe(true);
  });
});
