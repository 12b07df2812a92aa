/** What Utilities computes without a service: in the thread, by Node, free of time. Bytes are signed, as on Google. */
import {createHash, createHmac} from 'node:crypto';
import {gunzipSync, gzipSync} from 'node:zlib';
import type {ReplyMessage} from './messages';

/** Takes and gives JSON texts, so that no object of the thread's own realm gets into the project's. */
export function computeNatively(name: string, argsText: string): string {
  let reply: ReplyMessage;
  try {
    reply = {value: compute(name, JSON.parse(argsText) as unknown[])};
  } catch (error) {
    reply = {error: String(error)};
  }
  return JSON.stringify(reply);
}

function compute(name: string, args: readonly unknown[]): unknown {
  const bytes = bytesOf(args[0]);
  switch (name) {
    case 'bytesOfText':
      return signed(Buffer.from(String(args[0]), 'utf8'));
    case 'textOfBytes':
      return bytes.toString('utf8');
    case 'base64Encode':
      return bytes.toString('base64');
    case 'base64Decode':
      return signed(Buffer.from(String(args[0]), 'base64')); // takes the web-safe alphabet, too
    case 'gzip':
      return signed(gzipSync(bytes));
    case 'ungzip':
      return signed(gunzipSync(bytes));
    case 'digest':
      return signed(createHash(String(args[1])).update(bytes).digest());
    case 'hmac':
      return signed(createHmac('sha256', bytesOf(args[1])).update(bytes).digest());
    case 'parseCsv':
      return parseCsv(String(args[0]));
    case 'dateParts':
      return dateParts(Number(args[0]), String(args[1]));
    default:
      throw new Error(`Simulator: no native function ${name}.`);
  }
}

function bytesOf(value: unknown): Buffer {
  return Array.isArray(value) ? Buffer.from(value.map(Number)) : Buffer.alloc(0);
}

function signed(bytes: Buffer): number[] {
  return [...new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)];
}

/** Rows of cells. In quotation marks a cell may hold commas, line ends and doubled quotation marks. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/y;
  let row: string[] = [];
  for (let isOpen = false; isOpen || cell.lastIndex < text.length;) {
    const match = cell.exec(text);
    if (match === null) throw new Error('Could not parse text.');
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    isOpen = match[3] === ',';
    if (isOpen) continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** The fields of an instant in a time zone. */
function dateParts(timeMs: number, timeZone: string): Record<string, string> {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return Object.fromEntries(format.formatToParts(timeMs).map(({type, value}) => [type, value]));
}
