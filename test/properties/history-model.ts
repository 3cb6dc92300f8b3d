/**
 * The reference for histories: slow, in plain arrays, one key and one point of time after the other. It knows nothing of how
 * the engine does it. Times are whole microseconds from some beginning.
 */

export const FOREVER = Number.MAX_SAFE_INTEGER

export interface Values {
  country: string | null
  segment: string | null
  spent: number | null
  score: number | null
}
export type Column = keyof Values

export interface Version extends Values {
  from: number
  /** Exclusive. */
  to: number
}

/** The histories of all keys, each in order of time. */
export type State = ReadonlyMap<string, readonly Version[]>

/** Who feeds what. The first knows who exists; the second only adds to the keys of the first. */
export interface Feeder {
  track: 'country' | 'segment'
  update: 'spent' | 'score'
  revives: boolean
}

/** What a row says of its key: the values from a time on, or that it was gone from then on. */
export interface Statement extends Partial<Values> {
  key: string
  at: number
  gone: boolean
  /** Said of all keys at once, by a truncation: no row of the batch has this key. */
  isSpread?: boolean
}

export interface LoadOfModel {
  feeder: Feeder
  deletes: 'ignore' | 'close' | 'reopen'
  /** The batch has every key that the source has, and it matters. */
  isFull: boolean
  boundary: number
  statements: readonly Statement[]
  /** Tracked columns of the table, over both feeders. */
  tracked: readonly ('country' | 'segment')[]
  /** True when rows have times of their own. */
  hasTimes: boolean
  isRebuilt?: boolean
}

/** What the table's columns hold where nobody said anything. */
const DEFAULTS: Values = { country: null, segment: null, spent: 0, score: 0 }

/** The histories after a load; an empty batch changes nothing. */
export function load(state: State, request: LoadOfModel): State {
  if (request.statements.length === 0) return state
  const next = new Map(state)
  for (const key of new Set(request.statements.map((one) => one.key))) {
    const said = request.statements.filter((one) => one.key === key).sort((a, b) => a.at - b.at)
    const versions = loadKey(state.get(key) ?? [], said, request)
    if (versions.length > 0) next.set(key, versions)
  }
  if (request.isFull) closeMissing(next, request)
  return next
}

function closeMissing(state: Map<string, readonly Version[]>, { statements, boundary }: LoadOfModel): void {
  const present = new Set(statements.filter((one) => one.isSpread !== true).map((one) => one.key))
  for (const [key, versions] of state) {
    if (present.has(key)) continue
    state.set(
      key,
      versions.map((version) => (version.to === FOREVER ? { ...version, to: Math.max(boundary, version.from + 1) } : version)),
    )
  }
}

const validAt = (versions: readonly Version[], at: number): Version | undefined =>
  versions.find((version) => version.from <= at && at < version.to)

function loadKey(before: readonly Version[], statements: readonly Statement[], request: LoadOfModel): Version[] {
  const { feeder } = request
  let said = withPresence(before, statements, request)
  // Rebuilt without times of its own, a key has had its values ever since it was known.
  if (request.isRebuilt === true && !request.hasTimes)
    said = said.map((one) => (one.gone ? one : { ...one, at: before[0]?.from ?? one.at }))
  // Who does not know who exists says nothing about a key that is closed at that time.
  if (!feeder.revives)
    said = said.filter((one) => validAt(before, one.at) !== undefined || !before.some((version) => version.from <= one.at))
  const isRebuilt = request.isRebuilt === true && said.some((one) => !one.gone)
  const after = walk(before, isRebuilt ? said : movedEnds(before, said), { ...request, isRebuilt })
  const newest = said.filter((one) => !one.gone).at(-1)
  return after.map((version) =>
    version.to === FOREVER && newest !== undefined ? { ...version, [feeder.update]: newest[feeder.update] ?? null } : version,
  )
}

/** A full extract shows that a key is there now, whatever the time on its row. */
function withPresence(
  before: readonly Version[],
  said: readonly Statement[],
  { isFull, hasTimes, boundary }: LoadOfModel,
): readonly Statement[] {
  const [newest, end] = [said.at(-1), before.at(-1)?.to ?? FOREVER]
  if (!isFull || !hasTimes || newest === undefined || newest.gone || end === FOREVER || newest.at >= end) return said
  return [...said, { ...newest, at: Math.max(boundary, end) }]
}

/** A deletion at the very beginning of a version comes one microsecond later, unless something else is said or begins then. */
function movedEnds(before: readonly Version[], said: readonly Statement[]): Statement[] {
  const begins = (at: number): boolean => before.some((version) => version.from === at)
  const moved = said.map((one) => (one.gone && begins(one.at) ? { ...one, at: one.at + 1 } : one))
  return moved
    .filter((one) => !one.gone || (!begins(one.at) && !moved.some((other) => !other.gone && other.at === one.at)))
    .sort((a, b) => a.at - b.at)
}

/** True for a version that this feeder's own word began, rather than one that only carried its column over. */
function isOwn(before: readonly Version[], index: number, { feeder, tracked }: LoadOfModel): boolean {
  const [version, previous] = [before[index], before[index - 1]]
  if (version === undefined || previous?.to !== version.from) return true
  const others = tracked.filter((name) => name !== feeder.track)
  return version[feeder.track] !== previous[feeder.track] || others.every((name) => version[name] === previous[name])
}

interface Walk {
  /** What the feeder said last. */
  value: string | null
  ended: boolean
  /** True where no version is valid. */
  gone: boolean
  out: Version[]
}

/** Goes through all points of a key's time in order and says which versions there are. */
function walk(before: readonly Version[], said: readonly Statement[], request: LoadOfModel & { isRebuilt: boolean }): Version[] {
  const { isRebuilt } = request
  const gaps = isRebuilt ? [] : before.filter((version, index) => version.to !== FOREVER && before[index + 1]?.from !== version.to)
  const first = isRebuilt ? (said[0]?.at ?? 0) : -Infinity
  const points = [...before.map((one) => one.from), ...gaps.map((one) => one.to), ...said.map((one) => one.at)]
  const now: Walk = { value: null, ended: false, gone: true, out: [] }
  for (const at of [...new Set(points)].filter((point) => point >= first).sort((a, b) => a - b)) {
    const index = before.findIndex((one) => one.from === at)
    const statement = said.find((one) => one.at === at)
    if (statement !== undefined) say(now, statement, { before, said, request })
    else if (index < 0) end(now, at)
    else pass(now, { before, said, index, request })
  }
  return now.out
}

interface Place {
  before: readonly Version[]
  said: readonly Statement[]
  request: LoadOfModel & { isRebuilt: boolean }
}

/** From here on there is no version. */
function end(now: Walk, at: number): void {
  if (!now.gone) close(now, at)
  now.gone = true
}

function close({ out }: Walk, at: number): void {
  const last = out.at(-1)
  if (last !== undefined) out[out.length - 1] = { ...last, to: Math.min(last.to, at) }
}

function begin(now: Walk, version: Version): void {
  if (!now.gone) close(now, version.from)
  now.out.push({ ...version, to: FOREVER })
  now.gone = false
}

/** A statement of the batch. */
function say(now: Walk, statement: Statement, { before, request }: Place): void {
  const { feeder, tracked, deletes, isRebuilt } = request
  now.ended = statement.gone
  if (statement.gone) {
    end(now, statement.at)
    return
  }
  const value = statement[feeder.track] ?? null
  const stored = before.find((one) => one.from === statement.at)
  const along = stored ?? before.filter((one) => one.from <= statement.at).at(-1)
  const version: Version = {
    ...(along ?? DEFAULTS),
    ...(stored === undefined ? { [feeder.update]: statement[feeder.update] ?? null } : {}),
    [feeder.track]: value,
    from: statement.at,
    to: FOREVER,
  }
  const last = now.out.at(-1)
  const same = last !== undefined && tracked.every((name) => last[name] === version[name])
  now.value = value
  if (stored !== undefined && !isRebuilt) begin(now, version)
  else if (same && !now.gone) return
  else if (same && deletes === 'reopen' && stored === undefined) {
    now.out[now.out.length - 1] = { ...last, to: FOREVER }
    now.gone = false
  } else begin(now, version)
}

/** A version that is there and of which the batch says nothing. */
function pass(now: Walk, { before, said, index, request }: Place & { index: number }): void {
  const { feeder, tracked, isRebuilt } = request
  const version = before[index]
  if (version === undefined) return
  if (isRebuilt) {
    const flowing = { ...version, [feeder.track]: now.value }
    const last = now.out.at(-1)
    if (!now.gone && tracked.some((name) => last?.[name] !== flowing[name])) begin(now, flowing)
    return
  }
  if (isOwn(before, index, request)) {
    begin(now, version)
    now.value = version[feeder.track]
    now.ended = false
  } else if (now.ended) {
    // What ended stays ended: the version cannot be removed, so it is as short as can be, unless something begins right then.
    begin(now, version)
    const isFollowed = said.some((one) => one.at === version.from + 1) || before.some((one) => one.from === version.from + 1)
    if (!isFollowed) end(now, version.from + 1)
  } else begin(now, { ...version, [feeder.track]: now.value })
}

/** Which version a fact belongs to: the beginning of the one valid at its time, or none. */
export function versionAt(state: State, key: string, at: number): number | null {
  return validAt(state.get(key) ?? [], at)?.from ?? null
}
