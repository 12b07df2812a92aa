/**
 * Recipes of values that JSON cannot say: getters that throw, proxies, cycles, huge lists. A recipe is plain JSON, so
 * that it can be drawn, shrunk, printed, and sent into any realm, where `makeValue` follows it.
 */
import fc from 'fast-check';
import {anyJson, anyText} from '../support/arbitraries';

/** How an object comes to its fields. */
const OBJECT_FORMS = ['own', 'inherited', 'bare', 'getters', 'proxy', 'frozen', 'throwing', 'reading'] as const;
const ARRAY_FORMS = ['own', 'proxy', 'holes', 'toJSON', 'textToJSON', 'lying', 'throwing'] as const;

/** Values that have no fields worth changing. */
const ODDITIES = [
  ...['undefined', 'NaN', 'minusZero', 'infinity', 'huge', 'tiny', 'bigint', 'symbol', 'boxedBigint', 'boxedText'],
  ...['function', 'asyncFunction', 'generator', 'bound', 'nativeFunction', 'symbolName', 'objectName', 'throwingName'],
  ...['date', 'badDate', 'regexp', 'map', 'error', 'cycle', 'cyclicList', 'revoked', 'revokedList', 'throwingProxy'],
  ...['throwingToJSON', 'nothingToJSON', 'textToJSON', 'throwsNull', 'throwsCycle', 'endless', 'shared', 'holes'],
  ...['deepList', 'deepObject', 'longText', 'longList', 'wideObject', 'loneSurrogate', 'protoKeys', 'thenable'],
] as const;

type Oddity = (typeof ODDITIES)[number];

/** A value, in words. */
export type Recipe =
  | {readonly is: 'json'; readonly value: unknown}
  | {readonly is: 'odd'; readonly what: Oddity; readonly size: number}
  | {readonly is: 'list'; readonly form: (typeof ARRAY_FORMS)[number]; readonly entries: readonly Recipe[]}
  | {
      readonly is: 'object';
      readonly form: (typeof OBJECT_FORMS)[number];
      readonly entries: readonly (readonly [key: string, value: Recipe])[];
    };

/** JSON as a recipe whose every part can be changed. */
export function recipeOf(value: unknown): Recipe {
  if (Array.isArray(value)) return {is: 'list', form: 'own', entries: (value as readonly unknown[]).map(recipeOf)};
  if (typeof value !== 'object' || value === null) return {is: 'json', value};
  return {is: 'object', form: 'own', entries: Object.entries(value).map(([key, entry]) => [key, recipeOf(entry)])};
}

/** Those that take long, drawn seldom. */
const HEAVY: readonly Oddity[] = ['shared', 'endless', 'holes', 'longText', 'longList', 'deepList', 'deepObject'];

export const oddities: fc.Arbitrary<Recipe> = fc.record({
  is: fc.constant('odd' as const),
  what: fc.oneof(
    {weight: 40, arbitrary: fc.constantFrom(...ODDITIES.filter((what) => !HEAVY.includes(what)))},
    {weight: 1, arbitrary: fc.constantFrom(...HEAVY)},
  ),
  size: fc.oneof({weight: 20, arbitrary: fc.nat({max: 1_000})}, {weight: 1, arbitrary: fc.nat({max: 30_000})}),
});

/** Keys that every object has already, and keys of requests in the wrong place. */
export const oddKeys: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'toJSON', 'valueOf', 'then', 'length', '0', ''),
  fc.constantFrom('id', 'name', 'handler', 'payload', 'steps', 'items', 'options', 'retry', 'mode', 'runAt', 'workers'),
  fc.constantFrom('description', 'tags', 'priority', 'environment', 'secretEnvironment', 'timeoutMs', 'deadlineMs'),
  fc.constantFrom('delayMs', 'autoStart', 'dependencies', 'onDependencyFailure', 'idempotencyKey', 'idempotencyTtlMs'),
  fc.constantFrom('singleton', 'debounce', 'waitMs', 'maxWaitMs', 'policy', 'key', 'resources', 'jobs', 'batch'),
  fc.constantFrom('dependsOn', 'tasks', 'map', 'reduce', 'maxCrashes', 'stepIdPrefix', 'maxConcurrency', 'limit'),
  anyText(12),
);

const leaf = fc.oneof(
  oddities,
  anyJson.map((value): Recipe => ({is: 'json', value})),
  anyText(300).map((value): Recipe => ({is: 'json', value})),
  fc.constantFrom(0, -1, 1, 1e300, 2 ** 53, 0.5, '', ' ', 'run', 'enqueue', 'act', 'x~y', 'eval').map(recipeOf),
);

/** Any value at all. */
export const values: fc.Arbitrary<Recipe> = fc.letrec<{value: Recipe}>((tie) => ({
  value: fc.oneof(
    {maxDepth: 3, depthSize: 'small'},
    {weight: 6, arbitrary: leaf},
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...OBJECT_FORMS), fc.array(fc.tuple(oddKeys, tie('value')), {maxLength: 3}))
        .map(([form, entries]): Recipe => ({is: 'object', form, entries})),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...ARRAY_FORMS), fc.array(tie('value'), {maxLength: 3}))
        .map(([form, entries]): Recipe => ({is: 'list', form, entries})),
    },
  ),
})).value;

/** One change of a recipe; which part it meets is counted through all of them. */
interface Change {
  readonly part: number;
  readonly kind: 'drop' | 'put' | 'add' | 'rename' | 'reform' | 'double';
  readonly key: string;
  readonly value: Recipe;
  readonly form: number;
}

export const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.record({
    part: fc.nat({max: 60}),
    kind: fc.constantFrom('drop', 'put', 'put', 'put', 'add', 'rename', 'reform', 'reform', 'double'),
    key: oddKeys,
    value: values,
    form: fc.nat({max: 20}),
  }),
  {maxLength: 3},
);

/** The recipe with its changes made. */
export function changed(recipe: Recipe, all: readonly Change[]): Recipe {
  return all.reduce((current, change) => {
    let left = change.part % sizeOf(current);
    const visit = (part: Recipe): readonly Recipe[] => {
      if (left-- === 0) return meet(part, change);
      if (part.is === 'list') return [{...part, entries: part.entries.flatMap(visit)}];
      if (part.is !== 'object') return [part];
      const entries = part.entries.flatMap(([key, value]) => {
        const isMet = left === 0;
        return visit(value).map(
          (next, index) =>
            [isMet && change.kind === 'rename' ? change.key : index > 0 ? `${key}_` : key, next] as const,
        );
      });
      return [{...part, entries}];
    };
    return visit(current)[0] ?? {is: 'odd', what: 'undefined', size: 0};
  }, recipe);
}

function sizeOf(recipe: Recipe): number {
  if (recipe.is === 'list') return 1 + recipe.entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  return recipe.is === 'object' ? 1 + recipe.entries.reduce((sum, [, entry]) => sum + sizeOf(entry), 0) : 1;
}

function meet(part: Recipe, {kind, key, value, form}: Change): readonly Recipe[] {
  switch (kind) {
    case 'drop':
      return [];
    case 'put':
      return [value];
    case 'double':
      return [part, part];
    case 'rename':
      return [part];
    case 'add':
      if (part.is === 'object') return [{...part, entries: [...part.entries, [key, value]]}];
      return part.is === 'list' ? [{...part, entries: [...part.entries, value]}] : [value];
    case 'reform':
      if (part.is === 'object') return [{...part, form: OBJECT_FORMS[form % OBJECT_FORMS.length] ?? 'own'}];
      return part.is === 'list' ? [{...part, form: ARRAY_FORMS[form % ARRAY_FORMS.length] ?? 'own'}] : [part];
  }
}
