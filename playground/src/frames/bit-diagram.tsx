/** The picture of RFC 6455 §5.2, filled with the bits of a frame, and what each field says. */
import type { InspectedFrame } from '../inspection.js';
import { texts } from '../language/language.js';
import { bytes, grouped } from '../quantities.js';
import { opcodeName } from './frame.js';
import { type HeaderField, headerFields, type Segment, segments } from './header-fields.js';
import { isNarrow } from './narrow.js';

/** The diagram, and below it each field in words. */
export function BitDiagram({ frame }: { frame: InspectedFrame }) {
  const words = texts.value.frames;
  const fields = headerFields(frame.header);
  const width = isNarrow.value ? 16 : 32;
  const columns = { gridTemplateColumns: `repeat(${width}, minmax(0, 1fr))` };
  return (
    <section aria-labelledby="bits-heading">
      <h4 id="bits-heading">{words.bits}</h4>
      <p class="hint">{words.bitsAbout}</p>
      <div class="diagram" aria-hidden="true">
        <div class="ruler" style={columns}>
          {Array.from({ length: width }, (_, bit) => (
            <span key={bit}>{bit % 8}</span>
          ))}
        </div>
        <div class="bits" style={columns}>
          {segments(fields, width).map((segment) => (
            <SegmentCell key={`${segment.row}.${segment.column}`} segment={segment} />
          ))}
        </div>
        <div class="payload-row">{words.payloadData(bytes(frame.payloadLength))}</div>
      </div>
      <dl class="fields">
        {fields.map((field) => (
          <div key={field.name} data-kind={field.kind}>
            <dt>{field.name}</dt>
            <dd>
              <b>{shownValue(field, frame)}</b> <span>{meaning(field, frame)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function SegmentCell({ segment: { field, row, column, bits, isFirst } }: { segment: Segment }) {
  const place = { gridColumn: `${column + 1} / span ${bits.length}`, gridRow: row + 1 };
  return (
    <div class="segment" data-kind={field.kind} style={place}>
      <span class="label">{isFirst ? shortName(field, bits.length) : '…'}</span>
      <span class="bit-values">
        {Array.from(bits, (bit, index) => (
          <i key={index}>{bit}</i>
        ))}
      </span>
    </div>
  );
}

/** One bit has no room for more than three letters, as in the RFC, where they stand below each other. */
function shortName({ name }: HeaderField, width: number): string {
  return width === 1 ? name.replace('RSV', 'R').replace('MASK', 'M').replace('FIN', 'F') : name;
}

function shownValue(field: HeaderField, { opcode }: InspectedFrame): string {
  if (field.kind === 'opcode') return `${field.value} ${opcodeName(opcode)}`;
  return field.name.startsWith('Ext') ? grouped(Number(field.value)) : field.value;
}

function meaning({ name, kind, value }: HeaderField, { opcode, rsv, error }: InspectedFrame): string {
  const { field, opcodes, reserved, nothingBegun } = texts.value.frames;
  if (kind === 'fin') return field.fin(value === '1');
  if (name === 'RSV1' && rsv[0] && error === null) return field.deflated;
  if (kind === 'rsv') return value === '1' || name === 'RSV1' ? field.rsv(value === '1') : '';
  if (kind === 'opcode' && opcode === 0 && error !== null) return nothingBegun;
  if (kind === 'opcode') return opcodes[opcode] ?? reserved;
  if (kind === 'mask') return field.masked(value === '1');
  if (kind === 'key') return field.key;
  if (name !== 'Payload len') return '';
  return value === '126' ? field.length.medium : value === '127' ? field.length.long : field.length.short;
}
