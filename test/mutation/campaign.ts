/** The whole run, in a copy of the repository: see mutate.ts. */
import {readFileSync} from 'node:fs';
import {isSet, numberOf, optionOf} from '../support/options';
import {Battery} from './battery';
import {EXPLAINED_CORE} from './explained-core';
import {EXPLAINED_ENGINE} from './explained-engine';
import {explanationsOf} from './explanation';
import {nameOf, type Mutant} from './mutant';
import {mutantsOf} from './mutators';
import {isWrong, reportOf, type Judged} from './report';
import {sampleOf} from './sample';
import {openWorkshop} from './workshop';

/** Where a mistake costs somebody data: state, leases and time, logs, recovery, the dispatcher, room, admission. */
const FILES: readonly string[] = [
  ...['transitions', 'header', 'budget', 'segment', 'ledger', 'stored-job'].map((name) => `src/core/${name}.ts`),
  ...['log-writer', 'claim', 'settle', 'dispatcher', 'room', 'admission'].map((name) => `src/engine/${name}.ts`),
];

const PROGRESS_EVERY = 50;

async function main(): Promise<number> {
  const only = optionOf('file') ?? '';
  const files = FILES.filter((file) => file.startsWith(only));
  if (files.length === 0) throw new Error(`--file takes one of ${FILES.join(', ')}, or how some of them begin.`);
  const texts = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
  const all = [...texts].flatMap(([file, text]) => mutantsOf(file, text));
  const explanations = explanationsOf(all, [...EXPLAINED_CORE, ...EXPLAINED_ENGINE]);
  const chosen = sampleOf(all, numberOf('sample', Infinity), numberOf('seed', 1));
  const battery = new Battery(await openWorkshop());
  const judged: Judged[] = [];
  for (const mutant of chosen) {
    judged.push(await judge(battery, mutant, texts.get(mutant.file) ?? '', explanations.get(mutant) ?? null));
    if (judged.length % PROGRESS_EVERY === 0)
      console.log(`${judged.length} of ${chosen.length}, ${seconds(battery)} s`);
  }
  battery.close();
  for (const line of reportOf(all, judged, seconds(battery))) console.log(line);
  return judged.some((one) => isWrong(one)) ? 1 : 0;
}

async function judge(
  battery: Battery,
  mutant: Mutant,
  text: string,
  explanation: Judged['explanation'],
): Promise<Judged> {
  const stages = {unit: !isSet('built'), built: explanation === null || isSet('built') || isSet('explained')};
  const verdict = await battery.judge(mutant, text, stages);
  if (isSet('verbose'))
    console.log(
      `${verdict === null ? 'SURVIVED' : 'killed'} ${nameOf(mutant)}${verdict === null ? '' : ` by ${verdict.by}`}`,
    );
  return {mutant, verdict, explanation};
}

function seconds(battery: Battery): number {
  return Math.round(battery.cpuMs / 1_000);
}

process.exitCode = await main();
