/** Damage to stored text: cut, flipped, spliced, forged, put under other keys. What comes out may still be legal. */
import {deflateRawSync} from 'node:zlib';
import fc from 'fast-check';
import {chainSum, EMPTY_SUM} from '../../src/core/bytes';
import {headerKey, parseKey, planKey} from '../../src/core/keys';
import {anyJson, anyText, mutate, mutations, type Mutation} from '../support/arbitraries';

/** One damage; which key it meets is counted through those that are there. */
export interface Damage {
  readonly kind:
    | 'mutate'
    | 'truncate'
    | 'splice'
    | 'text'
    | 'shape'
    | 'number'
    | 'newer'
    | 'packed'
    | 'bomb'
    | 'delete'
    | 'doubleKeys'
    | 'long'
    | 'nearKey'
    | 'otherJob'
    | 'forgedPlan';
  readonly at: number;
  readonly other: number;
  readonly text: string;
  readonly json: unknown;
  readonly number: number;
  readonly mutations: readonly Mutation[];
}

const numbers = fc.oneof(
  fc.constantFrom(-1, 0, 1, 0.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 8.64e15, 8.64e15 + 1, 1e300, -1e300, 5, 7, 1_000),
  fc.integer({min: 0, max: 200}),
);

export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record<Damage>({
    kind: fc.constantFrom(
      ...(['mutate', 'mutate', 'truncate', 'splice', 'text', 'shape', 'shape', 'number', 'number', 'number'] as const),
      ...([
        'newer',
        'packed',
        'bomb',
        'delete',
        'doubleKeys',
        'long',
        'nearKey',
        'otherJob',
        'forgedPlan',
        'forgedPlan',
      ] as const),
    ),
    at: fc.nat({max: 1_000}),
    other: fc.nat({max: 1_000}),
    text: anyText(40),
    json: anyJson,
    number: numbers,
    mutations,
  }),
  {minLength: 1, maxLength: 4},
);

type Values = Record<string, string>;

/** The store after the damage; keys that were met are told through `met`. */
export function damaged(
  values: Readonly<Values>,
  all: readonly Damage[],
  met: (key: string) => void = () => undefined,
): Values {
  const result: Values = {...values};
  for (const damage of all) {
    const keys = Object.keys(result).sort();
    const key = keys[damage.at % keys.length];
    const other = keys[damage.other % keys.length];
    if (key === undefined || other === undefined) continue;
    for (const [changedKey, text] of Object.entries(changesOf(result, key, other, damage))) {
      met(changedKey);
      if (text === null) Reflect.deleteProperty(result, changedKey);
      else result[changedKey] = text;
    }
  }
  return result;
}

function changesOf(values: Values, key: string, other: string, damage: Damage): Record<string, string | null> {
  const text = values[key] ?? '';
  switch (damage.kind) {
    case 'delete':
      return {[key]: null};
    case 'splice':
      return {[key]: values[other] ?? ''};
    case 'nearKey':
      return {[mutate(key, damage.mutations)]: text, [`${key}${damage.number}`]: text};
    case 'otherJob':
      return {[key.replace(/job_[0-9a-z]+_[0-9a-z]+/, parseKey(other)?.id ?? 'job_0mk0xjuds_0000000000')]: text};
    case 'forgedPlan':
      return forgedPlan(values, key, damage);
    default:
      return {[key]: damagedText(text, values[other] ?? '', damage)};
  }
}

function damagedText(text: string, other: string, damage: Damage): string {
  switch (damage.kind) {
    case 'mutate':
      return mutate(text, damage.mutations);
    case 'truncate':
      return text.slice(0, damage.other % (text.length + 1));
    case 'text':
      return damage.text;
    case 'shape':
      return withShape(text, damage);
    case 'number':
      return withNumber(text, damage);
    case 'newer':
      return text.replace(/^\{"v":2,/, `{"v":${Math.abs(damage.number) + 3},`);
    case 'packed':
      return `z${damage.text}${other.slice(0, damage.at)}`;
    case 'bomb':
      return packedBomb(1 + (damage.other % 8));
    case 'long':
      // Up to the value limit of the platform.
      return text.replace(
        /^\{/,
        `{"pad":"${'x'.repeat(Math.max(0, 9_200 - Buffer.byteLength(text) - (damage.other % 600)))}",`,
      );
    case 'doubleKeys':
      return text.replace(/^\{/, `{"__proto__":{"isPolluted":1},"id":"x","v":7,"pt":[],`);
    default:
      return text;
  }
}

/** Some value inside the JSON becomes another. */
function withShape(text: string, {at, json}: Damage): string {
  let left = at % 40;
  try {
    return JSON.stringify(JSON.parse(text, (_key, value: unknown) => (left-- === 0 ? json : value)));
  } catch {
    return JSON.stringify(json);
  }
}

/** Some number in the text becomes another. */
function withNumber(text: string, {other, number}: Damage): string {
  const count = text.match(/-?\d+(?:\.\d+)?/g)?.length ?? 0;
  let left = count === 0 ? -1 : other % count;
  return text.replace(/-?\d+(?:\.\d+)?/g, (found) => (left-- === 0 ? String(number) : found));
}

/** Text that unpacks into so many megabytes of nothing. */
function packedBomb(megabytes: number): string {
  return `z${deflateRawSync(Buffer.alloc(megabytes * 1_000_000, ' '), {level: 9}).toString('base64url')}`;
}

/** A plan that is not what it was, with the fingerprint that belongs to it: damage that only the plan itself can tell. */
function forgedPlan(values: Values, key: string, damage: Damage): Record<string, string | null> {
  const address = parseKey(key);
  const header = address === null ? undefined : values[headerKey(address)];
  if (address === null || header === undefined) return {};
  try {
    const fields = JSON.parse(header) as {pl: [number, string, number, string | null]};
    const plan = fields.pl[3] ?? values[planKey(address, 0)] ?? '';
    const forged = damage.other % 2 === 0 ? withShape(plan, damage) : withNumber(plan, damage);
    fields.pl = [0, chainSum(EMPTY_SUM, forged), fields.pl[2], forged];
    return {[headerKey(address)]: JSON.stringify(fields)};
  } catch {
    return {}; // The header was damaged before.
  }
}
