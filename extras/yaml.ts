/**
 * YAML for workflows, as a file of its own: `dist-extras/Yaml.js`, which declares `var ASTYaml`. Whoever wants to pass YAML
 * adds it beside Code.js; nobody else has to load it.
 *
 * It reads what JSON could say and nothing else: YAML 1.2 with its core schema, one document, every key a string and no
 * key twice, no tags but those of the core schema, no merge keys. What is written once and pulled in a thousandfold by
 * aliases is refused.
 */
import {parseDocument} from 'yaml';

/** How often an alias may be resolved, those within what it stands for counted too: a few lines could fill the memory. */
const MAX_ALIASES = 2_000;

const MULTIPLE_DOCS = 'There is more than one document, and only one can be read: leave out the lines --- between them';

/** The value of a YAML text. Throws an error whose message says what is wrong and, where it is known, at which line. */
export function parse(text: string): unknown {
  const document = parseDocument(text, {
    ...{version: '1.2', schema: 'core', resolveKnownTags: false, merge: false},
    ...{strict: true, stringKeys: true, uniqueKeys: true, prettyErrors: true, logLevel: 'error'},
  });
  // A warning says that something was passed over, as an unknown tag is.
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined)
    throw new Error(problem.code === 'MULTIPLE_DOCS' ? MULTIPLE_DOCS : firstLine(problem.message));
  return document.toJS({maxAliasCount: MAX_ALIASES});
}

/** The lines below show the text, and may be those of a secret. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/:$/, '');
}
