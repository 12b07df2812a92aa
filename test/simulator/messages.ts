/** What the scheduler and a thread say to each other. Both sides speak JSON over the baton. */
import type {AuthMode, StoreKind, ThrownError} from './types';

/** A file of a project. Its text is sent only once to each thread, which keeps it compiled under its id. */
export interface SourceMessage {
  readonly id: number;
  readonly name: string;
  readonly text?: string;
}

export interface RealmMessage {
  /** null for the host. */
  readonly library: string | null;
  readonly symbol: string;
  readonly seed: number;
  readonly sources: readonly SourceMessage[];
}

/** What a realm has to know of its execution. */
export interface Surroundings {
  readonly project: string;
  readonly isBound: boolean;
  readonly user: string;
  readonly authMode: AuthMode;
  readonly timeZone: string;
  readonly freshHandles: boolean;
}

export interface StartMessage {
  readonly fn: string;
  /** JSON of the array of arguments; parsed in the realm, so that arguments belong to the host. */
  readonly argsText: string;
  /** Libraries first, the host last. */
  readonly realms: readonly RealmMessage[];
  readonly surroundings: Surroundings;
  /** Whether the thread should drop the sources it has compiled. */
  readonly forgetsSources: boolean;
}

/** [service, method, store, library, arguments]; the service `sim` stands for what is free and not counted. */
export type CallMessage = readonly [string, string, StoreKind | null, string | null, readonly unknown[]];

export type ReplyMessage = {readonly value: unknown} | {readonly error: string};

export type EndMessage =
  | {readonly kind: 'value'; readonly text: string | null}
  | {readonly kind: 'error'; readonly error: ThrownError}
  /** The execution was killed; `isStuck` if it swallowed that so long that the thread must be given up. */
  | {readonly kind: 'dead'; readonly isStuck: boolean};
