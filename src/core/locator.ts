/**
 * Where a backend has a text, as text: `<place>/…/<name>`. How many places stand before the name is the backend's own;
 * the name stands in every locator, so that what a locator leads to can be held against it.
 */
import {isStoredName} from './value-name';

const PLACE_PATTERN = /^[\w-]{1,100}$/;

/** A locator taken apart. */
export interface Locator {
  readonly places: readonly string[];
  readonly name: string;
}

export function makeLocator(places: readonly string[], name: string): string {
  return [...places, name].join('/');
}

/** `null` for a text that is no locator with so many places. */
export function parseLocator(text: string, placeCount: number): Locator | null {
  const parts = text.split('/');
  const name = parts.pop() ?? '';
  const fits = parts.length === placeCount && parts.every((part) => PLACE_PATTERN.test(part)) && isStoredName(name);
  return fits ? {places: parts, name} : null;
}

/** The name at the end of any locator. */
export function nameIn(locator: string): string {
  return locator.slice(locator.lastIndexOf('/') + 1);
}
