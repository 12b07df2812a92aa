/**
 * Names of stored values, in one place: `<prefix>~val_<time of birth>_<random>~<fingerprint>`. A name is made once and
 * never used again. It has no `/`, so that it can end a locator; what it is a name of is told by its grammar, so that a
 * reference never leads to anything that was not put there as a value.
 */
import type {Checksum} from './bytes';

export const DEFAULT_VALUE_PREFIX = 'AST_STORAGE';

const PREFIX_PATTERN = /^[A-Za-z0-9_.:-]{1,60}$/;
const NAME_PATTERN = /^([A-Za-z0-9_.:-]{1,60})~val_([0-9a-z]{9})_[0-9a-z]{10}~([0-9a-z]{8,14})$/;
const STORED_NAME_PATTERN = /^[\w.:~-]{1,200}$/;

/** What a name tells. */
export interface ValueName {
  readonly prefix: string;
  readonly bornAtMs: number;
  /** Of the stored text. */
  readonly sum: Checksum;
}

/** True for a text that may be the prefix of values. */
export function isValuePrefix(text: string): boolean {
  return PREFIX_PATTERN.test(text);
}

/** True for a text that a backend takes as a name. */
export function isStoredName(text: string): boolean {
  return STORED_NAME_PATTERN.test(text);
}

/** A new name, from two numbers in [0, 1). */
export function makeValueName(
  prefix: string,
  nowMs: number,
  random01: readonly [number, number],
  sum: Checksum,
): string {
  const [one, other] = random01.map((value) =>
    Math.floor(value * 36 ** 5)
      .toString(36)
      .padStart(5, '0'),
  ) as [string, string];
  return `${prefix}~val_${nowMs.toString(36).padStart(9, '0')}_${one}${other}~${sum}`;
}

/** A name taken apart; `null` for a text that is none. */
export function parseValueName(name: string): ValueName | null {
  const [, prefix, born, sum] = NAME_PATTERN.exec(name) ?? [];
  return prefix === undefined || born === undefined || sum === undefined
    ? null
    : {prefix, bornAtMs: parseInt(born, 36), sum};
}
