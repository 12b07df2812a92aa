/** Options of a command: `--name value`, or `--name` alone. */

/** What follows `--name`: empty where it is the last word, null where the option is not given. */
export function optionOf(name: string): string | null {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? null : (process.argv[index + 1] ?? '');
}

export function isSet(name: string): boolean {
  return process.argv.includes(`--${name}`);
}

/** @throws Error where something else than a number is given. */
export function numberOf(name: string, fallback: number): number {
  const text = optionOf(name);
  if (text === null) return fallback;
  const number = Number(text);
  if (text === '' || Number.isNaN(number)) throw new Error(`--${name} takes a number, got ${JSON.stringify(text)}.`);
  return number;
}
