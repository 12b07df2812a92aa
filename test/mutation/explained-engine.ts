/** The mutants of the engine that no test notices, and why none has to. */
import type {Explanation} from './explanation';

export const EXPLAINED_ENGINE: readonly Explanation[] = [
  {
    file: 'src/engine/log-writer.ts',
    within: 'bytesOfCommit',
    mutants: [
      [
        'return outcomes.reduce((sum, outcome) => sum + Math.ceil(utf8Bytes(outcomeText(outcome)) * KEY_SHARE) + 300, 0);',
        'return outcomes.reduce((sum, outcome) => sum + Math.floor(utf8Bytes(outcomeText(outcome)) * KEY_SHARE) + 300, 0);',
      ],
      [
        'return outcomes.reduce((sum, outcome) => sum + Math.ceil(utf8Bytes(outcomeText(outcome)) * KEY_SHARE) + 300, 0);',
        'return outcomes.reduce((sum, outcome) => sum + Math.ceil(utf8Bytes(outcomeText(outcome)) * KEY_SHARE) + 300, 1);',
      ],
    ],
    reason: 'equivalent',
    why: 'An estimate with some 200 bytes to spare, where one byte more or less decides nothing.',
  },
  {
    file: 'src/engine/settle.ts',
    within: 'settle',
    mutants: [
      [
        "const decoded = decodeHeader(hold.snapshot[headerKey(owned.job.address)] ?? '');",
        'const decoded = decodeHeader(hold.snapshot[headerKey(owned.job.address)]);',
      ],
    ],
    reason: 'equivalent',
    why: 'What is not there is no JSON either, so that it is damaged as an empty text is.',
  },
  {
    file: 'src/engine/dispatcher.ts',
    within: 'loop',
    mutants: [
      [
        'for (let claims = 0; claims < MAX_CLAIMS_PER_PASS; claims++) {',
        'for (let claims = 1; claims < MAX_CLAIMS_PER_PASS; claims++) {',
      ],
      [
        'for (let claims = 0; claims < MAX_CLAIMS_PER_PASS; claims++) {',
        'for (let claims = 0; claims <= MAX_CLAIMS_PER_PASS; claims++) {',
      ],
    ],
    reason: 'equivalent',
    why: 'A bound far above what six minutes allow; whether it is one more or less is no promise.',
  },
  {
    file: 'src/engine/dispatcher.ts',
    within: 'describeReading',
    mutants: [['return reading.what ?? reading.kind;', 'return reading.what;']],
    reason: 'equivalent',
    why: 'A job whose header was read a moment ago and is open can only be damaged, and damage says what it is.',
  },
  {
    file: 'src/engine/dispatcher.ts',
    within: 'ownerOfPass',
    mutants: [['if (owner === null) continue;', 'if (false) continue;']],
    reason: 'guarded',
    why: 'Nobody has a key of the name null, so that it names no trigger.',
  },
  {
    file: 'src/engine/dispatcher.ts',
    within: 'triggerUidOf',
    mutants: [
      ["if (typeof event !== 'object' || event === null) return null;", 'if (false) return null;'],
      [
        "if (typeof event !== 'object' || event === null) return null;",
        "if (typeof event !== 'object' && event === null) return null;",
      ],
    ],
    reason: 'guarded',
    why: 'Reading the id of null throws, which is caught; of a text or number it is not there.',
  },
  {
    file: 'src/engine/room.ts',
    within: 'makeRoom',
    mutants: [
      [
        'freeBytes(hold) + (freed - givenUp()) >= bytes || (freed >= bytes && before - freed + bytes <= STORE_BYTES);',
        'freeBytes(hold) + (freed - givenUp()) >= bytes || (freed >= bytes && before - freed - bytes <= STORE_BYTES);',
      ],
    ],
    reason: 'equivalent',
    why: 'Where as much is given up as is needed, the store is no fuller than it was, and that was within its limit.',
  },
  {
    file: 'src/engine/room.ts',
    within: 'makeRoom',
    mutants: [['return isEnough();', 'return true;']],
    reason: 'equivalent',
    why: 'Nothing was touched unless all of it would be enough, and at the end all of it is gone.',
  },
  {
    file: 'src/engine/room.ts',
    within: 'sizeOf',
    mutants: [
      [
        "return [...new Set(keys)].reduce((sum, key) => sum + utf8Bytes(key) + utf8Bytes(hold.snapshot[key] ?? ''), 0);",
        'return [...new Set(keys)].reduce((sum, key) => sum + utf8Bytes(key) + utf8Bytes(hold.snapshot[key]), 0);',
      ],
    ],
    reason: 'equivalent',
    why: 'Asked of keys of the snapshot only.',
  },
  {
    file: 'src/engine/room.ts',
    within: 'orphans',
    mutants: [
      [
        'const ageMs = hold.nowMs - (bornAtMs(parsed.id) ?? hold.nowMs);',
        'const ageMs = hold.nowMs - (bornAtMs(parsed.id));',
      ],
    ],
    reason: 'equivalent',
    why: 'A key with an id that tells no time is no key of a job.',
  },
  {
    file: 'src/engine/room.ts',
    within: 'orphans',
    mutants: [['owners.set(header, owner);', ';']],
    reason: 'costs',
    why: 'What a header says is looked up for each key of its job instead of once.',
  },
  {
    file: 'src/engine/room.ts',
    within: 'jobKeysOf',
    mutants: [
      [
        "return {kind: 'job', named: () => (named ??= namedPieces(hold, address))};",
        "return {kind: 'job', named: () => (named = namedPieces(hold, address))};",
      ],
    ],
    reason: 'costs',
    why: 'What a job names is read for each of its pieces instead of once.',
  },
];
