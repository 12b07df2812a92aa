/**
 * The realms of one execution: a fresh vm context for each library and for the host, with the facades of the services
 * in it. Runs in the thread. Compiled scripts are kept from one execution to the next.
 *
 * R1 no object of the thread's own realm is reachable from a project's code: the facades are compiled inside the realm
 * and talk to the thread in texts. R2 nothing survives from one execution to the next.
 */
import {createContext, Script} from 'node:vm';
import type {Context} from 'node:vm';
import {describeThrown} from './facades/entry';
import type {Entry} from './facades/entry';
import type {Bridge} from './facades/kit';
import type {EndMessage, SourceMessage, StartMessage} from './messages';
import {furnish} from './prelude';

export class Realms {
  /** Made while the thread is idle: making a context takes longer than all else that an execution needs. */
  private readonly spares: Context[] = [];
  private readonly texts = new Map<number, string>();
  private readonly scripts = new Map<number, Script>();
  private realmsPerExecution = 1;

  /** Called when the scheduler has the baton. */
  prepare(): void {
    while (this.spares.length < this.realmsPerExecution) this.spares.push(createContext({}));
  }

  /** Loads the project and calls the function, up to its first return. What is returned tells how it ended. */
  open(start: StartMessage, bridge: Bridge): () => EndMessage {
    if (start.forgetsSources) this.forget();
    this.realmsPerExecution = start.realms.length;
    // All texts have to be kept even if an early file throws: they are sent only once.
    const loads = start.realms.map((realm) => ({realm, files: realm.sources.map((source) => this.keep(source))}));
    try {
      const exposed: {symbol: string; library: unknown}[] = [];
      for (const {realm, files} of loads) {
        const context = this.spares.pop() ?? createContext({});
        const options = {...start.surroundings, library: realm.library, seed: realm.seed};
        const entry: Entry = furnish(context, options, bridge);
        for (const {symbol, library} of exposed) entry.define(symbol, library);
        entry.startLoading();
        for (const compile of files) compile().runInContext(context);
        if (realm.library === null) {
          entry.begin(start.fn, start.argsText);
          return () => entry.end();
        }
        exposed.push({symbol: realm.symbol, library: entry.exposed()});
      }
      throw new Error('Simulator: expected a host as the last realm.');
    } catch (thrown) {
      const end: EndMessage = {kind: 'error', error: describeThrown(thrown)};
      return () => end;
    }
  }

  private keep(source: SourceMessage): () => Script {
    const {id, name, text} = source;
    if (text !== undefined) this.texts.set(id, text);
    return () => {
      const known = this.scripts.get(id);
      if (known !== undefined) return known;
      const script = new Script(this.texts.get(id) ?? '', {filename: name});
      this.scripts.set(id, script);
      return script;
    };
  }

  private forget(): void {
    this.texts.clear();
    this.scripts.clear();
  }
}
