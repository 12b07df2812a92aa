/**
 * The way into a host's realm. A library has a realm of its own, in which neither the host's functions nor its services
 * exist (https://developers.google.com/apps-script/guides/libraries, "Resource scoping"). Any object that the host made
 * leads there: its prototype is the host's `Object.prototype`, whose constructor's constructor is the host's `Function`.
 *
 * The one place of this library that makes code from text. The text is constant but for a name, which is checked to be
 * an identifier. `bind(globalThis, {dynamicLookup: false})` turns it off.
 */

/** A global object. */
export type Scope = Readonly<Record<string, unknown>>;

type FunctionMaker = (body: string) => () => unknown;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** The global object of the realm in which an object was made; `null` when there is no way. */
export function globalOfRealm(made: object): Scope | null {
  try {
    const scope = functionOfRealm(made)?.('return globalThis')();
    return typeof scope === 'object' && scope !== null ? (scope as Scope) : null;
  } catch {
    return null; // A realm that forbids code from text, or a proxy that shows no prototype.
  }
}

/** The value of a global of that realm, `const` and `class` among them, which are no properties of the global object. */
export function lexicalGlobal(scope: Scope, name: string): unknown {
  if (!IDENTIFIER.test(name)) return undefined;
  const make = functionOfRealm(scope);
  if (make === null) return undefined;
  try {
    return make(`return typeof ${name} === 'undefined' ? undefined : ${name}`)();
  } catch {
    return undefined; // A reserved word is no name.
  }
}

/** Goes by prototypes, never by a `constructor` that somebody put on the object itself. */
function functionOfRealm(made: object): FunctionMaker | null {
  let top: unknown = made;
  for (let steps = 0; steps < MAX_PROTOTYPES; steps++) {
    const above: unknown = Object.getPrototypeOf(top);
    if (above === null) break;
    top = above;
  }
  const objectMaker = ownConstructor(top);
  const functionMaker = objectMaker === null ? null : ownConstructor(Object.getPrototypeOf(objectMaker));
  return functionMaker as FunctionMaker | null;
}

const MAX_PROTOTYPES = 100;

function ownConstructor(prototype: unknown): object | null {
  if ((typeof prototype !== 'object' && typeof prototype !== 'function') || prototype === null) return null;
  const own: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  // A function that somebody put on an object without a prototype does not have that object as its own.
  return typeof own === 'function' && (own as {prototype?: unknown}).prototype === prototype ? own : null;
}

/** A function of the host by name: a property of its global object, or a `const` where that look-up is on. */
export function hostFunction(scope: Scope, name: string, isDynamic: boolean): ((context: unknown) => unknown) | null {
  if (!IDENTIFIER.test(name)) return null;
  const own: unknown = Object.prototype.hasOwnProperty.call(scope, name) ? scope[name] : undefined;
  const found = own ?? (isDynamic ? lexicalGlobal(scope, name) : undefined);
  return typeof found === 'function' && !isNative(found) ? (found as (context: unknown) => unknown) : null;
}

/** `eval`, `Array` and bound functions are no handlers. */
function isNative(found: object): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(found));
}

/**
 * Whether a global object is that of a project of its own, and not of a library: it has functions that are neither ours
 * nor the platform's.
 */
export function hasHostFunctions(scope: Scope): boolean {
  return Object.keys(scope).some((name) => {
    if (name === 'AST' || name === 'astJobsWorker') return false;
    const value = scope[name];
    return typeof value === 'function' && !isNative(value);
  });
}
