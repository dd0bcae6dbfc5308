import { agreedDeflate } from './classes.js';
import { differential, type Program } from './differential.js';
import { feed, type Hex } from './feeding.js';

const server = { isServer: true };
type Case = [chunks: readonly Hex[], options?: object, deflate?: object];

async function feedAll(
  implementation: Parameters<Program['run']>[0],
  trace: Parameters<Program['run']>[1],
  cases: readonly Case[],
): Promise<void> {
  for (const [chunks, options, deflate] of cases) {
    trace('case', chunks);
    const extensions = deflate && agreedDeflate(implementation, deflate).extensions;
    await feed(implementation, trace, { ...options, extensions }, chunks);
  }
}

function table(name: string, cases: readonly Case[]): Program {
  return { name, run: (implementation, trace) => feedAll(implementation, trace, cases) };
}

const hello = 'f248cdc9c90700';

differential('Receiver, violations of RFC 6455', [
  table('masking', [
    [['810161'], server],
    [['8100'], server],
    [['8900'], server],
    [['8800'], server],
    [['81810000000061']],
    [['898000000000']],
    [['888000000000']],
    [['8181']],
  ]),
  table('reserved bits', [
    [['c10161']],
    [['a10161']],
    [['910161']],
    [['b10161']],
    [['f10161']],
    [['c900']],
    [['c800']],
    [['a900']],
    [['010161', 'c00161']],
    [['010161', 'a00161']],
  ]),
  table('reserved opcodes', [
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): Case => [[`8${opcode.toString(16)}0161`]]),
    [['030161']],
  ]),
  table('fragmentation', [
    [['800161']],
    [['000161']],
    [['8000']],
    [['010161', '810162']],
    [['010161', '010162']],
    [['010161', '820162']],
    [['020161', '8900', '810162']],
    [['010161', '800162', '800163']],
  ]),
  table('control frames', [
    [['0900']],
    [['0a00']],
    [['0800']],
    [['897e007e']],
    [['897f']],
    [['8a7e']],
    [['887e']],
    [['880103']],
  ]),
  table('close codes', [
    ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, 65_535].map(
      (code): Case => [[`8802${code.toString(16).padStart(4, '0')}`]],
    ),
  ]),
  table('lengths that cannot be counted', [[['817f0020000000000000']], [['827f00200000000000006161']]]),
  table('nothing is told behind a violation', [
    [['830161', '810161']],
    [['810161830161810162']],
    [['8101618301', '61810162', '8900']],
    [['8900830161', '8800'], { allowSynchronousEvents: false }],
  ]),
  table('limits', [
    [['81046161'], { maxPayload: 3 }],
    [['817f0000000000010000'], { maxPayload: 3 }],
    [['01026161', '80026161'], { maxPayload: 3 }],
    [['010161', '000161', '000161'], { maxFragments: 2 }],
    [['010161', '800161'], { maxFragments: 1 }],
    [['01008900000080008a00', '0100000000'], { maxFragments: 2 }],
  ]),
  table('reserved bits with permessage-deflate', [
    [['c900'], {}, {}],
    [['c80203e8'], {}, {}],
    [['a10161'], {}, {}],
    [['010161', 'c00161'], {}, {}],
    [[`e107${hello}`], {}, {}],
  ]),
  table('limits with permessage-deflate', [
    [[`c107${hello}`], { maxPayload: 3 }, {}],
    [[`c107${hello}`], {}, { maxPayload: 3 }],
  ]),
]);
