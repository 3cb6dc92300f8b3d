/** What a load kind is: how its jobs are declared, which rows it refuses, and how a staged batch reaches the target. */
import type { z } from 'zod'
import type { StepCounts } from '../../shared/run.ts'
import type { SourceColumn } from '../sources/index.ts'
import type { Session } from '../warehouse/index.ts'
import type { Finding } from './checks/outcome.ts'
import type { JobIdentity } from './job-keys.ts'

/** What a step is asked to do, beside its job's declaration. */
export interface LoadMode {
  /** `full`: the batch holds every row that the source has, so a key that is missing in it is gone at the source. */
  extent: 'full' | 'partial'
  /** `--full-reload`: the target shall hold the extract and nothing else; histories keep their past. */
  reload: boolean
  /** `--rebuild-history`: with `reload`, the past of histories is made anew as well. */
  rebuildHistory: boolean
  /** The transaction is rolled back in any case: nothing that outlives it, no rebuilt indexes, no swapped tables. */
  dryRun: boolean
}

export interface WorkspacePlace {
  /** The workspace's folder. */
  folder: string
}

export interface LoadContext<J> extends LoadMode {
  session: Session
  job: J & JobIdentity
  runId: string
  /** All tracked columns of the target's history, over all jobs that feed it. */
  tracked: readonly string[]
  workspace: WorkspacePlace
  /** Rows in staging, rejects taken out. */
  staged: number
  /** The job's watermark before this step. */
  watermark: string | null
  /** The batch is mended rejects: some rows more, whatever the kind does with whole extracts. */
  isReplay: boolean
}

export interface LoadOutcome {
  /** Without `read` and `rejected`, which the step knows. */
  counts: StepCounts
  /** Rows of the target that were deleted or ended because the source has them no more: nobody read them, so no count holds them. */
  removed?: number
  /** Rows by which the target shrank, whatever else they are counted as; none when left out. */
  deleted?: number
  /** Rows of the target from now on, where the load knows without counting. */
  rows?: number
  /** The last that is done to the target, put off because readers wait from then on until the commit. */
  settle?: () => Promise<void>
  /** What is worth knowing beside the counts. */
  note: string | null
}

/** What a kind put into staging by itself. */
export interface Filled {
  /** Rows met, the rejected ones included. */
  read: number
  rejected: number
  findings: Finding[]
}

export interface LoadKind<J> {
  schema: z.ZodType<J>
  /** False where the file needs no SQL behind its comment. */
  needsSql: boolean
  /** Columns that a staged row cannot do without; rows that lack one are rejected. */
  required(job: J): readonly string[]
  /** Columns by which two rows of one batch are doubles, of which the newest stays; empty: no two rows are. */
  identity(job: J): readonly string[]
  /** Fills staging by itself where the rows come neither from a source nor from the job's SQL. */
  fill?(context: LoadContext<J>): Promise<Filled>
  /** Digest of what the outcome depends on beside the declaration and the tables that are read: a file's contents. */
  stamp?(job: J & JobIdentity, workspace: WorkspacePlace): Promise<string>
  /**
   * Asked before rows of another database are copied, with the columns that they have: makes a table that they may go to
   * straight away, which then stands for staging, so that they are written once; null where they must be staged.
   */
  direct?(context: LoadContext<J>, columns: readonly SourceColumn[]): Promise<string | null>
  /** Asked before doubles are counted: true when something the load builds anyway has shown that there are none. */
  provesUnique?(session: Session, job: J & JobIdentity): Promise<boolean>
  load(context: LoadContext<J>): Promise<LoadOutcome>
  /** Tables that the job writes, its target first. */
  written(job: J): readonly string[]
}
