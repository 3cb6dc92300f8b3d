/** An import as a run: a lease, the run book, progress, and everything in one transaction. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { v7 as newRunId } from 'uuid'
import { mistake, toFailure } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import { NO_COUNTS, type RunSummary } from '../../shared/run.ts'
import type { Clock } from '../../shared/time.ts'
import { holdLeases, type Lease, type Warehouse } from '../warehouse/index.ts'
import { importFile, parseImportDeclaration, type ImportDeclaration, type ImportRequest, type ImportResult } from './imports/index.ts'
import type { RunRecorder } from './recorder.ts'
import type { RunNeeds } from './run.ts'
import type { StepResult } from './step.ts'

export interface ImportRun extends Omit<ImportRequest, 'declaration' | 'runId'> {
  /** What the person typed, for the run book. */
  request: string
  signal: AbortSignal
  onProgress?: (moved: { bytesDone: number; bytesTotal: number; lines: number }) => void
}

export interface ImportOutcome {
  run: RunSummary
  /** Null when the import failed; the failure stands in the run. */
  result: ImportResult | null
}

export interface ImportNeeds {
  warehouse: Warehouse
  clock: Clock
  recorder: RunRecorder
  identity: RunNeeds['identity']
  /** The workspace's folder. */
  folder: string
}

/** Errors before the run begins: `import.unknown`, a bad declaration, `lease.held`, an unreachable warehouse. */
export async function runImport(needs: ImportNeeds, request: ImportRun): Promise<ImportOutcome> {
  const declaration = await readDeclaration(join(needs.folder, 'imports'), request.name)
  const runId = newRunId()
  const job = `import ${request.name}`
  const lease = await holdLeases(await needs.warehouse.connection(), [job, declaration.target, `run ${runId}`], {
    ...needs.identity,
    run_id: runId,
  })
  try {
    await needs.recorder.closeInterrupted()
    const steps = [{ job, group: 'imports', position: 0, target: declaration.target }]
    await needs.recorder.startRun({
      runId,
      kind: 'import',
      request: request.request,
      arguments: { file: request.file },
      packHash: '',
      steps,
    })
    await needs.recorder.startStep(runId, job, 1)
    const cancelled = new AbortController()
    const watch = needs.recorder.watchCancel(runId, () => cancelled.abort())
    const signal = AbortSignal.any([request.signal, cancelled.signal, lease.lost])
    return await carryOut(needs, { ...request, signal }, { declaration, runId, job, lease }).finally(() => watch.close())
  } finally {
    await lease.release()
  }
}

async function readDeclaration(folder: string, name: string): Promise<ImportDeclaration> {
  const files = await readdir(folder).catch(() => [])
  const known = files.filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -5))
  if (!known.includes(name)) throw mistake('import.unknown', `There is no import “${name}” in this workspace`, suggest(name, known))
  return parseImportDeclaration(await readFile(join(folder, `${name}.yaml`), 'utf8'), `imports/${name}.yaml`)
}

interface Started {
  declaration: ImportDeclaration
  runId: string
  job: string
  lease: Pick<Lease, 'assertHeld'>
}

async function carryOut(needs: ImportNeeds, request: ImportRun, { declaration, runId, job, lease }: Started): Promise<ImportOutcome> {
  const { warehouse, clock, recorder } = needs
  const { request: _request, signal, onProgress, ...file } = request
  try {
    const result = await importFile(
      { warehouse, clock },
      { ...file, declaration, runId },
      {
        signal,
        onProgress: (bytesDone, bytesTotal, lines) => {
          recorder.progress(runId, job, { done: bytesDone, total: bytesTotal })
          onProgress?.({ bytesDone, bytesTotal, lines })
        },
        // A file given up for its bad lines took its transaction with it; the lines that showed it are kept all the same.
        keepRejects: (rejects) => warehouse.withTransaction((session) => rejects.save(session)),
        commit: async (session, done) => {
          await recorder.finishStep(session, runId, {
            job,
            status: done.rejected > 0 ? 'warning' : 'succeeded',
            result: toStepResult(done),
          })
          await lease.assertHeld(session)
        },
      },
    )
    return { run: await recorder.finishRun(runId, { status: result.rejected > 0 ? 'warning' : 'succeeded', failure: null }), result }
  } catch (thrown) {
    const failure = toFailure(thrown)
    const status = signal.aborted ? 'cancelled' : 'failed'
    await recorder.endStep(runId, { job, status, note: null, failure })
    return { run: await recorder.finishRun(runId, { status, failure }), result: null }
  }
}

function toStepResult({ read, loaded, rejected, rejects, already_imported, lines }: ImportResult): StepResult {
  return {
    counts: { ...NO_COUNTS, read, inserted: loaded, rejected },
    findings: rejects.map(({ reason, count }) => ({ reason, rows: count, severity: 'error' })),
    checks: [],
    position: null,
    watermark_before: null,
    watermark: null,
    note: already_imported > 0 ? `${String(already_imported)} of ${String(lines)} lines were already imported` : null,
  }
}
