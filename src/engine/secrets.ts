/**
 * The variables that handlers are given. Values of secrets are read from the host's properties when an attempt starts, once
 * in a run, and stay in memory: what is stored of the attempt is masked.
 */
import {maskOf, NO_MASK, type Mask} from '../core/mask';
import type {PlanExtras} from '../core/plan';
import {jobsError} from '../errors';
import {patiently} from './patience';
import type {Ports} from './ports';

/** What an attempt is given. */
export interface Surroundings {
  /** Throws where a secret is missing, which fails the attempt. */
  environment(): Readonly<Record<string, string>>;
  readonly mask: Mask;
  /** Whether the store was read for it, which may have taken any time. */
  readonly hasRead: boolean;
}

export class Secrets {
  private readonly ports: Ports;
  private readonly extras: PlanExtras;
  /** Values by the name of their property. */
  private readonly values = new Map<string, string>();
  private mask: Mask = NO_MASK;

  constructor(ports: Ports, extras: PlanExtras) {
    this.ports = ports;
    this.extras = extras;
  }

  /** Reads what was not read yet. A property that was missing is looked for again: somebody may have set it. */
  forAttempt(): Surroundings {
    const {environment, secrets} = this.extras;
    const names = Object.keys(secrets);
    if (names.length === 0) return {environment: () => ({...environment}), mask: NO_MASK, hasRead: false};
    const before = this.values.size;
    const missing = names.filter((name) => !this.isRead(secrets[name] ?? ''));
    const known = Object.fromEntries(names.map((name) => [name, this.values.get(secrets[name] ?? '') ?? '']));
    return {
      environment: () => {
        const [first] = missing;
        if (first !== undefined) throw missingError(first, secrets[first] ?? '');
        return {...environment, ...known};
      },
      mask: this.mask,
      hasRead: missing.length > 0 || this.values.size > before,
    };
  }

  private isRead(property: string): boolean {
    if (this.values.has(property)) return true;
    const value = patiently(this.ports, () => this.ports.store.get(property));
    if (value === null) return false;
    this.values.set(property, value);
    this.mask = maskOf([...this.values.values()]);
    return true;
  }
}

function missingError(variable: string, property: string): Error {
  return jobsError(
    'SECRET_MISSING',
    `The secret ${variable} is not there: the script has no property ${property}. Set it in the properties of the script.`,
    {variable, property},
  );
}
