/** One stored text at a time: readers take any text, and what they read is whole. */
import fc from 'fast-check';
import {splitByBytes} from '../../src/core/bytes';
import {decodeHeader, encodeHeader} from '../../src/core/header-codec';
import {bornAtMs, headerKey, isPrefix, parseKey, parseUserKey} from '../../src/core/keys';
import {logPage} from '../../src/core/log-page';
import {decodeNotes, encodeNotes, NO_NOTES, withLine, withProgress} from '../../src/core/notes';
import {outcomeOfTuple} from '../../src/core/outcome';
import {pack, unpack} from '../../src/core/pack';
import {decodePlan, encodePlan} from '../../src/core/plan-codec';
import {NumberedPlan} from '../../src/core/plan';
import {decodeSegment, encodeSegment} from '../../src/core/segment';
import {readUserTriggers} from '../../src/engine/user-key';
import {jobsIn, prefixesIn} from '../../src/engine/hold';
import {anyJson, anyText, headers, jsonText, mutate, mutations, segments} from '../support/arbitraries';
import {plans} from '../support/plans';
import {problemsOfHeader, problemsOfOutcome, problemsOfPlan, problemsOfSegment} from '../support/validity';
import {damaged, damages} from './damage';
import {assertSame, outcomeOf} from './oracles';
import {SPECIMENS} from './specimens';
import {target} from './target';

/** Reads a text; nothing may be thrown. */
function read<Value>(decode: () => Value): Value {
  const outcome = outcomeOf(decode);
  if ('refusal' in outcome) throw new Error('A reader of text threw.', {cause: outcome.refusal});
  return outcome.value;
}

/** Legal text of a kind, and then damaged. */
function textsOf(legal: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    {weight: 4, arbitrary: fc.tuple(legal, mutations).map(([text, changes]) => mutate(text, changes))},
    {weight: 4, arbitrary: fc.tuple(legal, damages).map(([text, some]) => damaged({text}, some)['text'] ?? '')},
    {weight: 1, arbitrary: anyText(200)},
    {weight: 1, arbitrary: anyJson.map((value) => JSON.stringify(value))},
  );
}

function checkHeader(text: string): void {
  const decoded = read(() => decodeHeader(text));
  if (decoded.kind !== 'header') return;
  assertSame(problemsOfHeader(decoded.header), [], 'the header');
  // Nothing is kept of attempts that took no time.
  if (decoded.header.longest.jobMs === 0) return;
  // As JSON, which has no infinity: a field that nobody knows may hold one.
  const again = JSON.stringify(decodeHeader(encodeHeader(decoded.header)));
  assertSame(again, JSON.stringify(decoded), 'the header, written and read again');
}

function checkSegment(text: string): void {
  const segment = read(() => decodeSegment(text));
  if (segment === null) return;
  assertSame(problemsOfSegment(segment), [], 'the segment');
  assertSame(decodeSegment(encodeSegment(segment)), segment, 'the segment, written and read again');
}

function checkPlan(text: string): void {
  const plan = read(() => decodePlan(text));
  if (plan === null) return;
  assertSame(problemsOfPlan(plan), [], 'the plan');
  const numbered = new NumberedPlan(plan);
  try {
    for (let unit = 0; unit < Math.min(50, numbered.unitCount); unit++) read(() => numbered.payload(unit));
  } catch (thrown) {
    // Items that stand apart are looked at late, and damage of them is reported then.
    if ((thrown as {code?: unknown}).code === 'RECORD_CORRUPT') return;
    throw thrown;
  }
  const written = encodePlan(plan);
  const again = decodePlan(written);
  assertSame(again === null ? null : encodePlan(again), written, 'the plan, written and read again');
}

function checkNotes(text: string): void {
  const notes = read(() => decodeNotes(text));
  if (notes === null) return;
  assertSame(decodeNotes(encodeNotes(notes)), notes, 'the notes, written and read again');
  const {entries, dropped} = read(() => logPage(notes, null, 1_000));
  if (!(dropped >= 0) || entries.some(({at}) => Number.isNaN(Date.parse(at)))) throw new Error('No page of a log.');
}

function checkOutcome(raw: unknown): void {
  const outcome = read(() => outcomeOfTuple(raw));
  if (outcome !== null) assertSame(problemsOfOutcome(outcome), [], 'the outcome');
}

function checkPacked(text: string): void {
  const unpacked = read(() => unpack(text));
  if (unpacked === null && !text.startsWith('z')) throw new Error('Text that is not packed was taken for damage.');
  // JSON text has no lone surrogates, which UTF-8 could not hold.
  const json = JSON.stringify([text]);
  const packed = read(() => pack(json));
  assertSame(unpack(packed), json, 'the text, packed and unpacked');
  assertSame(splitByBytes(packed, 8_000).join(''), packed, 'the pieces, put together');
}

function checkKey(key: string): void {
  const parsed = read(() => parseKey(key));
  read(() => parseUserKey(key));
  if (parsed === null) return;
  if (!isPrefix(parsed.prefix) || bornAtMs(parsed.id) === null) throw new Error(`No key: ${JSON.stringify(parsed)}`);
  assertSame(`${headerKey(parsed).slice(0, -1)}${parsed.part}`, key, 'the key, taken apart and put together');
}

/** Keys that no job names: what stands in them is read with those of all jobs, so that it may stop none. */
function checkSpecialKeys([registry, trigger, owner]: readonly [string, string, string]): void {
  const snapshot = {AST_JOBS_PREFIXES: registry, [`AST_JOBS_USER~${owner}`]: trigger};
  for (const prefix of read(() => prefixesIn(snapshot))) if (!isPrefix(prefix)) throw new Error(`No prefix: ${prefix}`);
  read(() => jobsIn(snapshot, prefixesIn(snapshot)));
  const {watchdog, oneOff, everyMinutes, oneOffAtMs} = read(() => readUserTriggers(snapshot, owner));
  const isTime = new Date(oneOffAtMs).getTime() >= 0;
  const isPeriod = [1, 5, 10, 15, 30].includes(everyMinutes);
  if (!isTime || !isPeriod)
    throw new Error(`No triggers: ${everyMinutes} minutes, ${oneOffAtMs}, ${watchdog}, ${oneOff}`);
}

const storedKeys = Object.keys(SPECIMENS.values);
const keys = fc.oneof(
  fc.tuple(fc.constantFrom(...storedKeys), mutations).map(([key, changes]) => mutate(key, changes)),
  fc.stringMatching(/^[AZ_.:~-]{0,5}~job_[0-9a-z]{9}_[0-9a-z]{10}~[hpzsrl][0-9.]{0,12}$/),
  anyText(60),
);
const storedTexts = fc.constantFrom(...Object.values(SPECIMENS.values));
const lines = fc.array(fc.record({atMs: fc.nat(2_000_000_000_000), stepId: anyText(10), message: anyText(30)}), {
  maxLength: 5,
});
const notes = fc.tuple(lines, fc.nat(), fc.option(anyText(10))).map(([said, done, note]) => {
  const logged = said.reduce((made, line) => withLine(made, '0.3', line), NO_NOTES);
  return encodeNotes(withProgress(logged, {stepId: 'a', atMs: 1_780_000_000_000, done, total: null, note}));
});
const triggerTexts = textsOf(
  fc
    .tuple(fc.constantFrom(1, 5, 10), fc.nat())
    .map(([m, a]) => `{"w":"417508262270712971","m":${m},"i":0,"o":"321241266048359447","a":${a}}`),
);

export const TEXT_TARGETS = [
  target('header', 400, textsOf(fc.oneof(headers.map(encodeHeader), storedTexts)), checkHeader),
  target('segment', 300, textsOf(fc.oneof(segments.map(encodeSegment), storedTexts)), checkSegment),
  target('notes', 300, textsOf(fc.oneof(notes, storedTexts)), checkNotes),
  target('plan', 150, textsOf(plans.map(encodePlan)), checkPlan),
  target('outcome', 600, anyJson, checkOutcome),
  target('packed', 150, textsOf(fc.oneof(jsonText, plans.map(encodePlan), storedTexts)), checkPacked),
  target('key', 2_000, keys, checkKey),
  target(
    'special-keys',
    500,
    fc.tuple(textsOf(fc.constant('["other.prefix","x"]')), triggerTexts, anyText(20)),
    checkSpecialKeys,
  ),
];
