/**
 * Imports one CSV file into its target. One transaction holds the rows, the rejects, the entry of the known file, the
 * target's state and what the caller adds: all or nothing. The caller holds the lease of the import.
 */
import { Failure, toFailure } from '../../../shared/failure.ts'
import { toIso } from '../../../shared/time.ts'
import { readBytes } from '../../sources/index.ts'
import type { Session } from '../../warehouse/index.ts'
import { toWarehouseFailure } from '../../warehouse/index.ts'
import { openCopy } from './copy-writer.ts'
import { FileDigest, findPrefix, forgetFiles, knownFiles, saveKnownFile, type Prefix } from './known-files.ts'
import { copyStatement, isUntouched, lookAtTarget, moveNewLines, touchTarget, type TargetState } from './load.ts'
import { prepare, type Prepared } from './prepare.ts'
import { readLines, type LineLoop, type LinesRead } from './read-lines.ts'
import { Rejects } from './rejects.ts'
import type { ImportHooks, ImportNeeds, ImportRequest, ImportResult } from './types.ts'

/**
 * Resolves when everything is committed. Rejects with a `Failure` and leaves the warehouse as it was; where lines had been
 * rejected, `hooks.keepRejects` gets them. Errors: `import.*` (the file, its format, the mapping), `warehouse.*`, `import.cancelled`.
 */
export async function importFile(needs: ImportNeeds, request: ImportRequest, hooks: ImportHooks = {}): Promise<ImportResult> {
  const rejects = new Rejects(request.runId, `import ${request.name}`)
  try {
    hooks.signal?.throwIfAborted()
    const prepared = await prepare(request, hooks.signal)
    return await needs.warehouse.withTransaction((session) =>
      cancellable(needs, { session, signal: hooks.signal }, () => load({ needs, session, request, prepared, rejects, hooks })),
    )
  } catch (thrown) {
    const failure = hooks.signal?.aborted === true ? cancelled(request, thrown) : toFailure(toWarehouseFailure(thrown))
    // The database may be what failed; then the first failure is the one to tell.
    if (rejects.count > 0) await hooks.keepRejects?.(rejects).catch(() => undefined)
    throw failure
  } finally {
    rejects.close()
  }
}

function cancelled(request: ImportRequest, cause: unknown): Failure {
  return new Failure({
    kind: 'stop',
    code: 'import.cancelled',
    message: `The import of ${request.file} was cancelled; nothing was imported`,
    cause,
  })
}

/** Lets the signal stop whatever statement is running, a COPY included. */
async function cancellable<T>(
  needs: ImportNeeds,
  { session, signal }: { session: Session; signal: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const cancelling: Promise<void>[] = []
  const cancel = (): void => {
    cancelling.push(needs.warehouse.cancelBackend(session.backend).catch(() => undefined))
  }
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    const result = await work()
    signal?.throwIfAborted()
    return result
  } finally {
    signal?.removeEventListener('abort', cancel)
    // A cancel that is under way must not meet the statement of whoever gets this connection next.
    await Promise.all(cancelling)
  }
}

interface Load {
  needs: ImportNeeds
  session: Session
  request: ImportRequest
  prepared: Prepared
  rejects: Rejects
  hooks: ImportHooks
}

async function load(all: Load): Promise<ImportResult> {
  const { session, request, prepared, hooks, rejects } = all
  const target = await lookAtTarget(session, request.declaration)
  const prefix = await usablePrefix(all, target)
  const loop: LineLoop = {
    ...{ request, prepared, rejects, hooks, lastLineId: target.lastLineId },
    dialect: prefix === null ? prepared.dialect : prefix.file.facts.dialect,
    digest: prefix === null ? new FileDigest() : prefix.digest,
    linesBefore: prefix === null ? 0 : prefix.file.lines,
    acceptedBefore: prefix === null ? 0 : prefix.file.facts.accepted,
  }
  // Behind a usable prefix every line is new, and so it is in an empty target; only else are lines compared.
  const staged = prefix === null && target.rows > 0
  const lines = await copyLines(session, loop, staged)
  const loaded = staged ? await moveNewLines(session, request.declaration, target.lastLineId) : lines.accepted
  await rejects.save(session)
  const result = toResult(loop, lines, loaded)
  await saveState(all, { loop, lines, result, rowsBefore: target.rows })
  await hooks.commit?.(session, result)
  return result
}

/** The prefix that need not be read again, because the target holds its lines and, unless it is the whole file, no others. */
async function usablePrefix({ session, request, prepared, hooks }: Load, target: TargetState): Promise<Prefix | null> {
  if (!(await isUntouched(session, request.declaration, target.rows))) {
    await forgetFiles(session, request.declaration.target)
    return null
  }
  const known = await knownFiles(session, request.name, prepared.rules)
  if (known.length === 0) return null
  const prefix = await findPrefix(prepared.facts, known, hooks.signal)
  if (prefix === null) return null
  return target.rows === prefix.file.facts.accepted || (await endsThere(prepared, prefix)) ? prefix : null
}

async function endsThere({ facts }: Prepared, { file }: Prefix): Promise<boolean> {
  for await (const piece of readBytes(facts, file.bytes)) if (piece.length > 0) return false
  return true
}

async function copyLines(session: Session, loop: LineLoop, staged: boolean): Promise<LinesRead> {
  const fields = loop.prepared.mapping.columns.map(({ field }) => field)
  const copy = openCopy(session, await copyStatement(session, loop.request.declaration, { fields, staged }))
  try {
    const lines = await readLines(loop, copy)
    await copy.end()
    return lines
  } catch (thrown) {
    await copy.abandon()
    throw thrown
  }
}

function toResult({ prepared, rejects, linesBefore }: LineLoop, lines: LinesRead, loaded: number): ImportResult {
  const { dialect } = lines
  return {
    lines: linesBefore + lines.read,
    already_imported: linesBefore + lines.accepted - loaded,
    read: loaded + rejects.count,
    loaded,
    rejected: rejects.count,
    rejects: rejects.reasons(),
    notes: lines.encoder.notes(),
    dialect: {
      delimiter: dialect.delimiter,
      encoding: dialect.encoding ?? 'utf-8',
      gzip: prepared.facts.gzip,
      decimal: dialect.decimal ?? 'point',
      date_order: dialect.date_order,
    },
    mapping: prepared.mapping.columns.map(({ column, field }) => ({ column, field })),
    ignored_columns: prepared.mapping.ignored,
  }
}

interface Outcome {
  loop: LineLoop
  lines: LinesRead
  result: ImportResult
  rowsBefore: number
}

async function saveState({ needs, session, request, prepared }: Load, { loop, lines, result, rowsBefore }: Outcome): Promise<void> {
  const { runId, name, declaration } = request
  const [at, rows] = [toIso(needs.clock()), rowsBefore + result.loaded]
  if (result.loaded > 0) await touchTarget(session, declaration, { runId, at, rows, newest: lines.encoder.newest })
  // Inside an open quote a longer file would read the last lines otherwise, so such a file is read whole each time.
  if (!lines.closed) return
  const { columns } = prepared.mapping
  const facts = {
    ...{ target: declaration.target, rules: prepared.rules, dialect: lines.dialect, head: loop.digest.head() },
    columns: columns.map(({ column, field }) => ({ column, field })),
    accepted: loop.acceptedBefore + lines.accepted,
  }
  await saveKnownFile(session, {
    name,
    path: request.file,
    runId,
    at,
    digest: loop.digest.digest(),
    bytes: loop.digest.bytes,
    lines: result.lines,
    facts,
  })
}
