/**
 * Utilities, as far as it is simulated, UrlFetchApp, and ContentService. Only getUuid, sleep, fetch and fetchAll are
 * service calls.
 */
import type {FetchAnswer} from '../types';
import type {Kit} from './kit';

interface Blob {
  getBytes(): number[];
}

export function installUtilities(kit: Kit): void {
  const {ask, compute, exception, mismatch} = kit;
  const MAX_SLEEP_MS = 300_000;
  const bytesOf = (data: unknown) => bytesOfData(kit, data);
  const base64 = (data: unknown) => compute('base64Encode', bytesOf(data)) as string;

  kit.define('Utilities', {
    Charset: kit.enumeration(['US_ASCII', 'UTF_8']),
    DigestAlgorithm: kit.enumeration(['MD2', 'MD5', 'SHA_1', 'SHA_256', 'SHA_384', 'SHA_512']),
    getUuid: () => ask('utilities', 'getUuid', null, []),
    sleep: (ms: unknown) => {
      if (typeof ms !== 'number') throw mismatch([ms], 'Utilities.sleep');
      if (!(ms >= 0 && ms <= MAX_SLEEP_MS))
        throw exception('Invalid argument: milliseconds. At most 300000 are allowed.');
      ask('utilities', 'sleep', null, [ms]);
    },
    newBlob: (data: unknown, type: unknown, name: unknown) => makeBlob(kit, data, type, name),
    gzip: (blob: Blob, name?: unknown) => makeBlob(kit, compute('gzip', blob.getBytes()), 'application/x-gzip', name),
    ungzip: (blob: Blob) => makeBlob(kit, compute('ungzip', blob.getBytes())),
    base64Encode: base64,
    base64EncodeWebSafe: (data: unknown) => base64(data).replace(/\+/g, '-').replace(/\//g, '_'),
    base64Decode: (text: string) => compute('base64Decode', text),
    base64DecodeWebSafe: (text: string) => compute('base64Decode', text),
    computeDigest: (algorithm: unknown, data: unknown) =>
      compute('digest', bytesOf(data), String(algorithm).replace('_', '').toLowerCase()),
    computeHmacSha256Signature: (data: unknown, key: unknown) => compute('hmac', bytesOf(data), bytesOf(key)),
    parseCsv: (text: unknown) => compute('parseCsv', String(text)),
    formatDate: (date: Date, timeZone: string, format: string) => formatDate(kit, date, timeZone, format),
  });
}

export function installUrlFetch(kit: Kit): void {
  const {options, ask, exception} = kit;
  const SCOPE = 'https://www.googleapis.com/auth/script.external_request';

  const needsAuthority = (method: string): void => {
    if (options.authMode !== 'LIMITED') return;
    throw exception(`You do not have permission to call UrlFetchApp.${method}. Required permissions: ${SCOPE}`);
  };
  const responseOf = (url: unknown, params: Record<string, unknown>, answer: FetchAnswer) => {
    const {code, text, headers = {}} = answer;
    if (code >= 400 && params['muteHttpExceptions'] !== true) {
      throw exception(`Request failed for ${String(url)} returned code ${code}. Truncated server response: ${text}`);
    }
    return {
      getResponseCode: () => code,
      getContentText: () => text,
      getHeaders: () => headers,
      getBlob: () => makeBlob(kit, text),
    };
  };
  const fetch = (url: unknown, params: Record<string, unknown> = {}) => {
    needsAuthority('fetch');
    return responseOf(url, params, ask('fetch', 'fetch', null, [String(url), params]) as FetchAnswer);
  };
  const fetchAll = (requests: (string | Record<string, unknown>)[]) => {
    needsAuthority('fetchAll');
    const all = requests.map((request) => (typeof request === 'string' ? {url: request} : request));
    const answers = ask('fetch', 'fetchAll', null, [all]) as FetchAnswer[];
    return answers.map((answer, index) => responseOf(all[index]?.['url'], all[index] ?? {}, answer));
  };
  kit.define('UrlFetchApp', {fetch, fetchAll});
}

/** What a web app may return. */
export function installContent({define}: Kit): void {
  define('ContentService', {
    createTextOutput: (first: unknown = '') => {
      const text = String(first);
      const output: Record<string, unknown> = {
        getContent: () => text,
        setMimeType: () => output,
        toJSON: () => ({textOutput: text}),
      };
      return output;
    },
    MimeType: {JSON: 'JSON', TEXT: 'TEXT'},
  });
}

export function bytesOfData({compute}: Kit, data: unknown): number[] {
  if (typeof data === 'string') return compute('bytesOfText', data) as number[];
  return Array.from(data as ArrayLike<number>);
}

export function makeBlob(kit: Kit, data: unknown, contentType: unknown = null, blobName: unknown = null): unknown {
  let bytes = bytesOfData(kit, data);
  let type = contentType;
  let name = blobName;
  const blob: Record<string, unknown> = {
    getBytes: () => bytes.slice(),
    setBytes: (next: number[]) => ((bytes = next.slice()), blob),
    getDataAsString: () => kit.compute('textOfBytes', bytes),
    getContentType: () => type,
    setContentType: (next: unknown) => ((type = next), blob),
    getName: () => name,
    setName: (next: unknown) => ((name = next), blob),
    getAs: (next: unknown) => makeBlob(kit, bytes, next, name),
    copyBlob: () => makeBlob(kit, bytes, type, name),
  };
  return blob;
}

export function formatDate({compute}: Kit, date: Date, timeZone: string, format: string): string {
  const parts = compute('dateParts', date.getTime(), timeZone) as Record<string, string>;
  const fields: Record<string, string | undefined> = {
    yyyy: parts['year'],
    MM: parts['month'],
    dd: parts['day'],
    HH: parts['hour'],
    mm: parts['minute'],
    ss: parts['second'],
    SSS: String(date.getMilliseconds()).padStart(3, '0'),
  };
  return format.replace(
    /'([^']*)'|yyyy|MM|dd|HH|mm|ss|SSS/g,
    (field, literal?: string) => literal ?? fields[field] ?? field,
  );
}
