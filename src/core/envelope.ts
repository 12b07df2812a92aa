/**
 * The stored text of a value: a first line of JSON that says what it is, then the value. So a value is whole by itself,
 * also where its reference was lost and `list` gives another.
 */
import {decodeBase64, encodeBase64} from './base64';
import {parseJson, toJsonText} from './json';

/** What a value is. */
export type ValueType = 'json' | 'text' | 'blob';

/** What the first line says. */
export interface Label {
  readonly type: ValueType;
  /** The content type of a blob. */
  readonly mime: string | null;
  /** What the value is called. */
  readonly name: string | null;
}

/** What comes out: a JSON value, a text, or bytes. */
export type Content =
  | {readonly type: 'json' | 'text'; readonly value: unknown}
  | {
      readonly type: 'blob';
      readonly bytes: readonly number[];
      readonly mime: string | null;
      readonly name: string | null;
    };

/** A value with its label, as it is stored. */
export interface Enveloped {
  readonly label: Label;
  readonly text: string;
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?:^|[^\ud800-\udbff])[\udc00-\udfff]/;

/** A text or a JSON value; a text with half a character goes as JSON, which UTF-8 would not keep otherwise. */
export function sealValue(
  value: unknown,
  name: string | null,
): {readonly ok: true; readonly sealed: Enveloped} | {readonly ok: false; readonly problem: string} {
  if (typeof value === 'string' && !LONE_SURROGATE.test(value))
    return {ok: true, sealed: enveloped({type: 'text', mime: null, name}, value)};
  const json = toJsonText(value);
  return json.ok ? {ok: true, sealed: enveloped({type: 'json', mime: null, name}, json.text)} : json;
}

/** Bytes, signed or not. */
export function sealBytes(bytes: readonly number[], mime: string | null, name: string | null): Enveloped {
  return enveloped({type: 'blob', mime, name}, encodeBase64(Uint8Array.from(bytes)));
}

function enveloped(label: Label, body: string): Enveloped {
  return {label, text: `${JSON.stringify([label.type, label.mime, label.name])}\n${body}`};
}

/** What was stored; `null` for damaged text. */
export function openEnvelope(text: string): Content | null {
  const end = text.indexOf('\n');
  const label = parseJson(text.slice(0, Math.max(0, end)));
  if (!Array.isArray(label)) return null;
  const [type, mime, name] = label as readonly unknown[];
  const body = text.slice(end + 1);
  if (type === 'text') return {type, value: body};
  if (type === 'json') {
    const value = parseJson(body);
    return value === undefined ? null : {type, value};
  }
  const bytes = type === 'blob' ? decodeBase64(body) : null;
  if (bytes === null) return null;
  // Signed, as the services of Apps Script have them.
  const signed = Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  return {type: 'blob', bytes: signed, mime: textOrNull(mime), name: textOrNull(name)};
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
