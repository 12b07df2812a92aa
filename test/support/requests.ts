/** For tests of requests: a host's handlers, frozen requests, and what a refusal says. */
import {handlerNames} from '../../src/engine/handler-names';
import {isJobsError, type JobsError} from '../../src/errors';
import {baseLimits, type HandlerNames} from '../../src/orchestration/request';

export function work(): void {}
export function reduceAll(): void {}

const HOST: Readonly<Record<string, () => unknown>> = {work, reduceAll, async later() {}};

/** The real check of handlers over a host with `work`, `reduceAll` and the async `later`. */
export const HANDLERS: HandlerNames = handlerNames({find: (name) => HOST[name] ?? null});

export const LIMITS = frozen(baseLimits(2));

/** Freezes a request as deep as it goes: whoever changes it throws a TypeError. */
export function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(value))) frozen(descriptor.value as unknown);
  return value;
}

/** The error that a call is refused with; anything else fails the test. */
export function refusal(call: () => unknown): JobsError {
  try {
    call();
  } catch (thrown) {
    if (isJobsError(thrown)) return thrown;
    throw new Error('Expected an error of the library, got another.', {cause: thrown});
  }
  throw new Error('Expected a refusal, got none.');
}

/** A step with a payload that JSON cannot hold. */
export const UNSTORABLE: readonly (readonly [what: string, value: unknown, says: string])[] = [
  ['a function', {run: () => 1}, 'a function at .run'],
  ['a symbol', [Symbol('s')], 'a symbol at [0]'],
  ['a BigInt', {n: 5n}, 'a bigint at .n'],
  ['a cycle', cyclic(), 'circular'],
  ['a cycle beside a function', {run: () => 1, loop: cyclic()}, 'a function at .run'],
  [
    'a getter that throws',
    {
      get rows() {
        throw new Error('no rows today');
      },
    },
    'no rows today',
  ],
  [
    'a toJSON that throws',
    {
      toJSON: () => {
        throw new Error('no text today');
      },
    },
    'no text today',
  ],
];

function cyclic(): object {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  return loop;
}
