/** Watches the archive: whatever a job names is there, whole, for as long as it is named. */
import {archivedResults, jobOfArchiveName} from '../../src/core/archive';
import type {ArchivedResults} from '../../src/core/outcome';
import {readJob, type Snapshot, type StoredJob} from '../../src/core/stored-job';
import type {ServiceCall, World} from '../simulator';
import type {Faults} from './faults';

export class ArchiveWatch {
  /** Jobs that name a text, by the id of its file. */
  private readonly named = new Map<string, string>();
  private readonly world: World;
  private readonly faults: Faults;
  private readonly violations: string[];

  constructor(world: World, faults: Faults, violations: string[]) {
    this.world = world;
    this.faults = faults;
    this.violations = violations;
  }

  /** A job was written. */
  stored(job: StoredJob): void {
    const archives = [...archivedOf(job)];
    const files = new Set(archives.map(fileOf));
    // What a stale owner has named lies beyond the seal that ends its log: it is named until then.
    for (const [file, owner] of this.named) if (owner === job.header.id && !files.has(file)) this.named.delete(file);
    for (const archived of archives) {
      const file = fileOf(archived);
      if (this.named.has(file)) continue;
      this.named.set(file, job.header.id);
      this.faults.count('results in the archive');
      const problem = this.problemOf(archived);
      if (problem !== null) this.violations.push(`archive: ${job.header.id} names ${archived.locator}, ${problem}`);
    }
  }

  /** A job holds no results any more. */
  gone(id: string): void {
    for (const [file, owner] of this.named) if (owner === id) this.named.delete(file);
  }

  landed({service, method, args, execution}: ServiceCall): void {
    if (service !== 'drive' || method !== 'setTrashed') return;
    this.faults.count('a text deleted');
    const owner = this.named.get(String(args[0]));
    if (owner !== undefined)
      this.violations.push(`archive: a text of ${owner} is deleted by execution ${execution.id}, and is named`);
  }

  private problemOf(archived: ArchivedResults): string | null {
    const item = this.world.drive.get(fileOf(archived));
    if (item === undefined || item.isTrashed) return 'which is not there';
    return archivedResults(item.text, archived.count) === null ? 'which has something else' : null;
  }

  /** Texts of a host that no record names. */
  leftOver(project: string): readonly string[] {
    const snapshot: Snapshot = Object.fromEntries(this.world.store('script', {project}));
    const folder = snapshot['AST_JOBS_FOLDER'] ?? folderOf(this.world, project);
    return [...this.world.drive.values()]
      .filter(({parentId, isTrashed, kind}) => kind === 'file' && !isTrashed && parentId === folder)
      .filter(({id, name}) => {
        const address = jobOfArchiveName(name);
        if (address === null) return false;
        const reading = readJob(snapshot, address);
        return reading.kind !== 'job' || ![...archivedOf(reading.job)].some((archived) => fileOf(archived) === id);
      })
      .map(({name}) => name);
  }
}

function archivedOf({ledger}: StoredJob): ReadonlySet<ArchivedResults> {
  const all = new Set<ArchivedResults>();
  for (const unit of ledger.completedUnits()) {
    const result = ledger.completion(unit)?.result;
    if (result !== undefined && 'archived' in result) all.add(result.archived);
  }
  return all;
}

function fileOf({locator}: ArchivedResults): string {
  return locator.split('/', 1)[0] ?? '';
}

/** The id of the folder that a host names. */
export function folderOf(world: World, project: string): string | undefined {
  return [...world.drive.values()].find(({kind, name}) => kind === 'folder' && name === `of ${project}`)?.id;
}
