/** Checks handlers when a job is requested, so that no job is accepted that cannot run. */
import {printValue} from '../core/json';
import {jobsError} from '../errors';
import {invalid, type HandlerNames} from '../orchestration/request';
import type {Handlers} from './ports';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Handler names as the host has them. */
export function handlerNames(handlers: Handlers): HandlerNames {
  return {
    nameOf(handler, where) {
      const name = nameIn(handler, where);
      const found = handlers.find(name);
      if (found === null)
        throw jobsError(
          'HANDLER_NOT_FOUND',
          `The handler ${printValue(name)} of ${where} was not found: it must be a global function of your script. ` +
            'In a library host, call bind(globalThis) at the top level of the script first.',
          {handler: name},
        );
      if (typeof handler === 'function' && found !== handler)
        throw invalid(
          `The handler of ${where} is a function named ${printValue(name)}, but that name belongs to another function ` +
            'of your script. Triggers find handlers by name: give it a name of its own at the top level.',
          {handler: name},
        );
      refuseAsync(found, name, where);
      return name;
    },
  };
}

function nameIn(handler: unknown, where: string): string {
  const given: unknown = typeof handler === 'function' ? handler.name : handler;
  // The name of a function may be anything, an object that reads like a name too.
  const name = typeof given === 'string' ? given.trim() : '';
  if (IDENTIFIER.test(name)) return name;
  throw invalid(
    `The handler of ${where} must be the name of a global function, or such a function itself, got ` +
      `${printValue(handler)}. Anonymous, arrow and bound functions have no name that a trigger could find.`,
  );
}

/** By tag, because the function is of another realm. */
function refuseAsync(handler: unknown, name: string, where: string): void {
  const tag = Object.prototype.toString.call(handler);
  if (
    tag !== '[object AsyncFunction]' &&
    tag !== '[object GeneratorFunction]' &&
    tag !== '[object AsyncGeneratorFunction]'
  )
    return;
  throw invalid(
    `The handler ${printValue(name)} of ${where} is ${tag.slice(8, -1)}. Steps run synchronously, as Apps Script ` +
      'services do: make it a plain function.',
    {handler: name},
  );
}
