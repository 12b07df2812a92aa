/**
 * Follows recipes. These functions are sent as text into other realms, so they may name nothing but each other and
 * what every realm has.
 */
import type {Recipe} from './recipe';

type Fields = Record<string, unknown>;

/** The value of a recipe, made of the built-ins of the realm in which this runs. */
export function makeValue(recipe: Recipe): unknown {
  switch (recipe.is) {
    case 'json':
      return JSON.parse(JSON.stringify(recipe.value)) as unknown;
    case 'odd':
      return oddScalar(recipe.what, recipe.size) ?? oddFunction(recipe.what) ?? oddObject(recipe.what, recipe.size);
    case 'list':
      return listOf(recipe.form, recipe.entries.map(makeValue));
    case 'object':
      return objectOf(
        recipe.form,
        recipe.entries.map(([key, value]) => [key, makeValue(value)]),
      );
  }
}

function refuse(): never {
  throw new Error('not today');
}

function oddScalar(what: string, size: number): unknown {
  switch (what) {
    case 'NaN':
      return NaN;
    case 'minusZero':
      return -0;
    case 'infinity':
      return size % 2 === 0 ? Infinity : -Infinity;
    case 'huge':
      return 2 ** (size % 1024);
    case 'tiny':
      return Number.MIN_VALUE;
    case 'bigint':
      return BigInt(size);
    case 'symbol':
      return Symbol('s');
    case 'longText':
      return 'é'.repeat(size * 10);
    case 'loneSurrogate':
      return `a${String.fromCharCode(0xd800 + (size % 2_048))}b`;
    default:
      return undefined;
  }
}

function oddFunction(what: string): unknown {
  const named = (attributes: PropertyDescriptor): unknown =>
    Object.defineProperty(function act() {}, 'name', attributes);
  switch (what) {
    case 'function':
      return () => 1;
    case 'asyncFunction':
      return async function act() {};
    case 'generator':
      return function* act() {};
    case 'bound':
      return refuse.bind(null);
    case 'nativeFunction':
      return Array;
    case 'symbolName':
      return named({value: Symbol('act')});
    case 'objectName':
      return named({value: {toString: () => 'act'}});
    case 'throwingName':
      return named({get: refuse});
    default:
      return undefined;
  }
}

function oddObject(what: string, size: number): unknown {
  const makers: Record<string, () => unknown> = {
    undefined: () => undefined,
    boxedBigint: () => Object(BigInt(size)) as unknown,
    boxedText: () => Object('act') as unknown,
    date: () => new Date(size),
    badDate: () => new Date(NaN),
    regexp: () => /a/g,
    map: () => new Map([[1, 2]]),
    error: () => new RangeError('r'),
    cycle: () => looped({}),
    cyclicList: () => looped([]),
    revoked: () => revoked({}),
    revokedList: () => revoked([]),
    throwingProxy: () => refusing({}),
    throwingToJSON: () => ({toJSON: refuse}),
    nothingToJSON: () => ({toJSON: () => undefined}),
    textToJSON: () => ({toJSON: () => 'text'}),
    throwsNull: () => throwing(null),
    throwsCycle: () => throwing(looped({message: {}})),
    endless,
    // As many leaves as 2 to the power of its levels: small in memory, endless as text.
    shared: () => nested(40, (inner) => [inner, inner]),
    holes: () => new Array(size % 2 === 0 ? size : 4_294_967_295),
    deepList: () => nested(size, (inner) => [inner]),
    deepObject: () => nested(size, (inner) => ({inner})),
    longList: () => new Array(size).fill(size),
    wideObject: () => Object.fromEntries(Array.from({length: size % 3_000}, (_none, index) => [`k${index}`, index])),
    protoKeys: () =>
      JSON.parse('{"__proto__":{"isPolluted":1},"constructor":{"prototype":{"isPolluted":1}}}') as unknown,
    thenable: () => ({then: () => 1}),
  };
  return (makers[what] ?? refuse)();
}

function looped(loop: object): object {
  return Object.defineProperty(loop, '0', {value: loop, enumerable: true});
}

function nested(depth: number, around: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = around(value);
  return value;
}

/** Each field is an object like itself. */
function endless(): unknown {
  const shown = {value: 1, enumerable: true, configurable: true};
  return new Proxy({}, {get: endless, ownKeys: () => ['a'], getOwnPropertyDescriptor: () => shown});
}

function throwing(value: unknown): unknown {
  return Object.defineProperty({}, 'name', {
    enumerable: true,
    get() {
      throw value;
    },
  });
}

function revoked(target: object): unknown {
  const {proxy, revoke} = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function refusing(target: object): unknown {
  const traps = {get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse, getOwnPropertyDescriptor: refuse};
  return new Proxy(target, traps);
}

function objectOf(form: string, entries: readonly (readonly [string, unknown])[]): unknown {
  const fields: Fields = form === 'bare' ? (Object.create(null) as Fields) : {};
  for (const [key, value] of entries) {
    const how = form === 'getters' ? {get: () => value} : {value, writable: true};
    Object.defineProperty(fields, key, {...how, enumerable: true, configurable: true});
  }
  // What it shows depends on how often it was asked.
  let reads = 0;
  const get = (target: object, key: PropertyKey): unknown => (reads++ % 5 === 4 ? reads : Reflect.get(target, key));
  switch (form) {
    case 'throwing':
      return Object.defineProperty(fields, 'name', {get: refuse, enumerable: true});
    case 'reading':
      return new Proxy(fields, {get});
    case 'frozen':
      return Object.freeze(fields);
    case 'inherited':
      return Object.create(fields) as unknown;
    case 'proxy':
      return new Proxy(fields, {});
    default:
      return fields;
  }
}

function listOf(form: string, values: unknown[]): unknown {
  const {length} = values;
  switch (form) {
    case 'holes':
      return Object.assign(new Array<unknown>(length + 2), values);
    case 'toJSON':
      return Object.defineProperty(values, 'toJSON', {value: () => ({rows: 1})});
    case 'textToJSON':
      return Object.defineProperty(values, 'toJSON', {value: () => 'rows'});
    case 'throwing':
      return Object.defineProperty(values, length, {get: refuse, enumerable: true});
    case 'lying':
      return new Proxy(values, {
        get: (target, key) => (key === 'length' ? 1 : (Reflect.get(target, key) as unknown)),
      });
    case 'proxy':
      return new Proxy(values, {});
    default:
      return values;
  }
}

const PARTS: readonly {readonly name: string}[] = [
  ...[makeValue, refuse, oddScalar, oddFunction, oddObject, looped, nested],
  ...[endless, throwing, revoked, refusing, objectOf, listOf],
];

/** Source text of a function that makes values, for another realm. The bundler may have renamed what it is made of. */
export const MAKE_VALUE = `(function () {\n${PARTS.map(String).join('\n')}\nreturn ${makeValue.name};\n})()`;
