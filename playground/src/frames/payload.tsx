/** A frame's payload: as it travels, unmasked, and as text. */
import { useEffect, useState } from 'preact/hooks';
import type { InspectedFrame } from '../inspection.js';
import { texts } from '../language/language.js';
import { bytes, closeCode } from '../quantities.js';
import { inflate } from './inflate.js';
import { isNarrow } from './narrow.js';
import { decoded, fromBase64, hexadecimal, masked, printable, spaced } from './octets.js';

/** Columns of the table that shows how masking works. */
const shownOctets = 8;

/** Everything about the payload. */
export function Payload({ frame }: { frame: InspectedFrame }) {
  const words = texts.value.frames;
  const payload = fromBase64(frame.payload);
  if (payload.length === 0) {
    return <p class="hint">{frame.error === null ? words.noPayload : words.refusedPayload}</p>;
  }
  const key = frame.maskingKey === null ? undefined : fromBase64(frame.maskingKey);
  return (
    <>
      {payload.length < frame.payloadLength && (
        <p class="hint">{words.captured(bytes(payload.length), bytes(frame.payloadLength))}</p>
      )}
      {key !== undefined && (
        <>
          <Dump title={words.masked} octets={masked(payload, key)} />
          <Masking payload={payload} maskingKey={key} />
        </>
      )}
      <Dump title={key === undefined ? words.plain : words.unmasked} octets={payload} />
      <Reading frame={frame} payload={payload} />
    </>
  );
}

function Dump({ title, octets }: { title: string; octets: Uint8Array }) {
  const width = isNarrow.value ? 8 : 16;
  const rows = Array.from({ length: Math.ceil(octets.length / width) }, (_, row) => {
    const part = octets.subarray(row * width, (row + 1) * width);
    const offset = (row * width).toString(16).padStart(4, '0');
    return `${offset}  ${spaced(part).padEnd(width * 3)} ${Array.from(part, printable).join('')}`;
  });
  return (
    <section class="dump" aria-label={title}>
      <h4>{title}</h4>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long one scrolls, and the keyboard has to get there */}
      <pre tabIndex={0}>{rows.join('\n')}</pre>
    </section>
  );
}

/** The first octets, one above the other: on the wire, key, payload. */
function Masking({ payload, maskingKey }: { payload: Uint8Array; maskingKey: Uint8Array }) {
  const shown = payload.subarray(0, shownOctets);
  const row = (label: string, octets: Iterable<number>, write = hexadecimal) => (
    <tr>
      <th scope="row">{label}</th>
      {Array.from(octets, (octet, index) => (
        <td key={index} data-key={index % 4}>
          {write(octet)}
        </td>
      ))}
    </tr>
  );
  return (
    <table class="masking">
      <tbody>
        {row('wire', masked(shown, maskingKey))}
        {row(
          '⊕ key',
          Array.from(shown, (_, index) => maskingKey[index % 4] ?? 0),
        )}
        {row('=', shown)}
        {row('', shown, printable)}
      </tbody>
    </table>
  );
}

/** The payload as what it is: text, a close code with its reason, or compressed. */
function Reading({ frame, payload }: { frame: InspectedFrame; payload: Uint8Array<ArrayBuffer> }) {
  const words = texts.value.frames;
  if (frame.opcode === 8 && payload.length >= 2) {
    const code = new DataView(payload.buffer).getUint16(0);
    return (
      <Text title={words.closeCode} text={`${closeCode(code)} ${decoded(payload.subarray(2))}`.trim()} />
    );
  }
  if (frame.rsv[0]) return <Inflated frame={frame} payload={payload} />;
  return frame.opcode === 2 ? null : <Text title={words.textOf} text={decoded(payload)} />;
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <section class="dump">
      <h4>{title}</h4>
      <p class="reading">{text}</p>
    </section>
  );
}

/** Only a message in one frame that is shown whole can be inflated by itself. */
function Inflated({ frame, payload }: { frame: InspectedFrame; payload: Uint8Array<ArrayBuffer> }) {
  const [octets, setOctets] = useState<Uint8Array | undefined>();
  const isWhole = frame.fin && payload.length === frame.payloadLength;
  useEffect(() => {
    let isCurrent = true;
    setOctets(undefined);
    if (isWhole) {
      inflate(payload).then(
        (inflated) => isCurrent && setOctets(inflated),
        () => undefined,
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [frame]);
  if (octets === undefined) return null;
  const title = texts.value.frames.inflated(bytes(payload.length), bytes(octets.length));
  return <Text title={title} text={frame.opcode === 2 ? spaced(octets) : decoded(octets)} />;
}
