/** The files `schedules/<name>.yaml` of a workspace. They are a person’s: writing keeps comments, order and what it does not know. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { join } from 'node:path'
import { Document, isCollection, isScalar, parseDocument } from 'yaml'
import { mistake, toFailure, type Failure } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import { scheduleNameSchema, scheduleSchema, type Schedule, type ScheduleInput } from '../../shared/schedule.ts'
import { parseCron, type Cron } from './cron.ts'
import { nextSlots, requireZone } from './slots.ts'
import { readYamlFile } from './yaml-file.ts'

/** A schedule that can be carried out. */
export interface ReadSchedule {
  name: string
  schedule: Schedule
  cron: Cron
}

/** A file of the folder: readable, or with what is wrong. */
export type ScheduleFile = { name: string; file: string; text: string } & (
  { read: ReadSchedule; failure: null } | { read: null; failure: Failure }
)

/** Long lines stay whole, and lists look as people write them: `[a, b]`. */
const YAML_STYLE = { lineWidth: 0, flowCollectionPadding: false }

/** What a schedule’s jobs may be named after: `all`, groups and jobs. Null: not known now. */
export type SelectionWords = readonly string[] | null

/** Reads one text. Errors: `schedule.bad-yaml`, `.bad-file`, `.bad-cron`, `.bad-zone`, `.never-due`, `.unknown-job`. */
export function parseSchedule(name: string, text: string, words: SelectionWords): ReadSchedule {
  const file = `schedules/${name}.yaml`
  const { value: schedule, place } = readYamlFile({ file, text, area: 'schedule' }, scheduleSchema)
  const at = <T>(key: string, work: () => T): T => {
    try {
      return work()
    } catch (thrown) {
      const failure = toFailure(thrown)
      throw mistake(failure.code, `${place([key])}: ${key}: ${failure.message}`, failure.hint ?? undefined)
    }
  }
  const cron = at('cron', () => parseCron(schedule.cron))
  at('zone', () => requireZone(schedule.zone))
  at('cron', () => {
    if (nextSlots(cron, schedule.zone, { after: 0, count: 1 }).length === 0)
      throw mistake('schedule.never-due', `“${schedule.cron}” is never due: no such day exists`, 'Correct day and month.')
  })
  if (words !== null) at('jobs', () => [...schedule.jobs, ...(schedule.arguments.exclude ?? [])].forEach((job) => requireJob(job, words)))
  return { name, schedule, cron }
}

function requireJob(selection: string, words: readonly string[]): void {
  const word = selection.replace(/^\+|\+$/g, '')
  if (!words.includes(word)) throw mistake('schedule.unknown-job', `there is no job or group “${word}”`, suggest(word, words))
}

function readOrFail(name: string, text: string, words: SelectionWords): ScheduleFile {
  const file = `schedules/${name}.yaml`
  try {
    return { name, file, text, read: parseSchedule(name, text, words), failure: null }
  } catch (thrown) {
    return { name, file, text, read: null, failure: toFailure(thrown) }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => [])
  return files
    .flatMap((file) => (file.endsWith('.yaml') && scheduleNameSchema.safeParse(file.slice(0, -5)).success ? [file.slice(0, -5)] : []))
    .sort()
}

/** Every schedule of the folder by name, the broken ones with their failure; none where there is no folder. */
export async function readSchedules(folder: string, words: SelectionWords): Promise<ScheduleFile[]> {
  const names = await namesIn(folder)
  return Promise.all(names.map(async (name) => readOrFail(name, await readFile(join(folder, `${name}.yaml`), 'utf8'), words)))
}

/** Errors: `schedule.unknown` with the nearest name. */
export async function readScheduleFile(folder: string, name: string, words: SelectionWords): Promise<ScheduleFile> {
  const names = await namesIn(folder)
  if (!names.includes(name)) throw mistake('schedule.unknown', `There is no schedule “${name}”`, suggest(name, names))
  return readOrFail(name, await readFile(join(folder, `${name}.yaml`), 'utf8'), words)
}

/** The text with other values: keys that stay keep their comments, those that are gone go. Defaults are written only where they stood. */
export function changeText(text: string, wanted: ScheduleInput): string {
  const document = parseDocument(text)
  if (document.errors.length > 0 || document.contents === null) return new Document(wanted).toString(YAML_STYLE)
  const old = (document.toJS() ?? {}) as Record<string, unknown>
  for (const key of Object.keys(old)) if (!(key in wanted)) document.delete(key)
  for (const [key, value] of Object.entries(wanted)) {
    if (value === undefined) document.delete(key)
    else if (!isDeepStrictEqual(old[key], value)) setKey(document, key, value)
  }
  return document.toString(YAML_STYLE)
}

/** The text with the schedule on or off, and nothing else changed. */
export function switchText(text: string, enabled: boolean): string {
  const document = parseDocument(text)
  setKey(document, 'enabled', enabled)
  return document.toString(YAML_STYLE)
}

function setKey(document: Document, key: string, value: unknown): void {
  const node = document.get(key, true)
  // In place, so that a comment on its line stays.
  if (isScalar(node) && (typeof value !== 'object' || value === null)) {
    node.value = value
    return
  }
  const made = document.createNode(value)
  if (isCollection(made)) made.flow = !isCollection(node) || node.flow === true
  document.set(key, made)
}

/** Writes beside and renames, so that a reader sees the old file or the new one, whole. */
export async function writeScheduleFile(folder: string, name: string, text: string): Promise<void> {
  if (!scheduleNameSchema.safeParse(name).success)
    throw mistake('schedule.bad-name', `“${name}” cannot name a schedule`, 'Use small letters, digits, _ and -, starting with a letter.')
  await mkdir(folder, { recursive: true })
  const beside = join(folder, `.${name}.${randomUUID()}`)
  try {
    const handle = await open(beside, 'w')
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, join(folder, `${name}.yaml`))
  } finally {
    await rm(beside, { force: true })
  }
}

/** Takes the file away. Errors: `schedule.unknown`. */
export async function removeScheduleFile(folder: string, name: string): Promise<void> {
  await readScheduleFile(folder, name, null)
  await rm(join(folder, `${name}.yaml`))
}
