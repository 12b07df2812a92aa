/** The mutants of the core that no test notices, and why none has to. */
import type {Explanation} from './explanation';

export const EXPLAINED_CORE: readonly Explanation[] = [
  {
    file: 'src/core/segment.ts',
    within: 'encodeSegment',
    mutants: [
      [
        'for (let index = 0; index < segment.outcomes.length;) {',
        'for (let index = 0; index <= segment.outcomes.length;) {',
      ],
    ],
    reason: 'equivalent',
    why: 'Behind the last outcome there is none, and a turn without one writes nothing.',
  },
  {
    file: 'src/core/segment.ts',
    within: 'runAt',
    mutants: [
      [
        'for (let index = start; index < outcomes.length; index++) {',
        'for (let index = start; index <= outcomes.length; index++) {',
      ],
    ],
    reason: 'equivalent',
    why: 'Behind the last outcome there is none, which ends the run.',
  },
  {
    file: 'src/core/segment.ts',
    within: 'encodeRun',
    mutants: [["if (first === undefined) return '';", "if (false) return '';"]],
    reason: 'equivalent',
    why: 'A run has two outcomes or more; the guard is for the compiler.',
  },
  {
    file: 'src/core/stored-job.ts',
    within: 'readHeader',
    mutants: [
      [
        "const decoded = decodeHeader(snapshot[headerKey(address)] ?? '');",
        'const decoded = decodeHeader(snapshot[headerKey(address)]);',
      ],
    ],
    reason: 'equivalent',
    why: 'What is not there is no JSON either, so that it is damaged as an empty text is.',
  },
  {
    file: 'src/core/stored-job.ts',
    within: 'joinPieces',
    mutants: [['if (text === undefined) return null;', 'if (false) return null;']],
    reason: 'guarded',
    why: 'Without the piece the whole has another fingerprint, which every caller checks.',
  },
  {
    file: 'src/core/stored-job.ts',
    within: 'readSeals',
    mutants: [
      [
        "const raw = parseJson(snapshot[sealPageKey(address, page)] ?? '');",
        'const raw = parseJson(snapshot[sealPageKey(address, page)]);',
      ],
    ],
    reason: 'equivalent',
    why: 'What is not there is no JSON either, so that it is no page as an empty text is none.',
  },
  {
    file: 'src/core/stored-job.ts',
    within: 'cutAt',
    mutants: [['if (outcomes.length < position.count) return null;', 'if (false) return null;']],
    reason: 'guarded',
    why: 'Fewer outcomes have another fingerprint, which is compared next.',
  },
  {
    file: 'src/core/stored-job.ts',
    within: 'tailOf',
    mutants: [
      [
        'for (let index = 0; index < log.segments.length; index++) {',
        'for (let index = 0; index <= log.segments.length; index++) {',
      ],
      ['if (segment === undefined) break;', 'if (false) break;'],
      ['return {position, index: -1, segment: null};', 'return {position, index: 1, segment: null};'],
      ['return {position, index: -1, segment: null};', 'return {position, index: -0, segment: null};'],
    ],
    reason: 'equivalent',
    why: 'A log that is longer than what counts of it has a segment in which that ends, so the loop ends there.',
  },
];
