/**
 * What the scheduler's side of every service has in common: a service performs a call in one instant of virtual time
 * and answers with a value or an error. Only a lock may answer later.
 */
import type {Execution, ServiceCall} from './types';

export type Outcome =
  {readonly kind: 'value'; readonly value: unknown} | {readonly kind: 'error'; readonly message: string};

/** The part of a call that says whose store it means. */
export interface Scoped extends Pick<ServiceCall, 'service' | 'store' | 'library'> {
  readonly execution: Pick<Execution, 'project' | 'user'>;
}

export type Answer = (outcome: Outcome) => void;

export interface Service {
  perform(call: ServiceCall, answer: Answer): void;
}

export function value(result: unknown = null): Outcome {
  return {kind: 'value', value: result};
}

export function failure(message: string): Outcome {
  return {kind: 'error', message};
}

/** The argument at the index, which the facade in the realm has made a string. */
export function textArgument(call: ServiceCall, index: number): string {
  const argument = call.args[index];
  return typeof argument === 'string' ? argument : String(argument);
}

export function numberArgument(call: ServiceCall, index: number): number {
  return Number(call.args[index]);
}

export function recordArgument(call: ServiceCall, index: number): Record<string, unknown> {
  const argument = call.args[index];
  return typeof argument === 'object' && argument !== null ? (argument as Record<string, unknown>) : {};
}

export function unknownMethod(call: ServiceCall): Outcome {
  return failure(`Simulator: ${call.service}.${call.method} is not simulated.`);
}

/**
 * Whose store, lock or cache a call means. In a library script and document ones are the library's own, shared by all
 * its hosts; user properties are the host's, but user locks and user caches are the library's, as the table in Google's
 * guide on libraries says of locks and caches without exception.
 */
export function scopeKey(call: Scoped): string {
  const {execution, library, service} = call;
  const owner = library === null ? `project ${execution.project}` : `library ${library}`;
  switch (call.store) {
    case 'user': {
      const isHosts = service === 'properties';
      return `${isHosts ? `project ${execution.project}` : owner} user ${execution.user}`;
    }
    case 'document':
      return library === null ? `${owner} document` : `${owner} document of ${execution.project}`;
    case 'script':
    case null:
      return owner;
  }
}
