/** What users do in a piece of time: logins, coins, new devices, other names, new accounts and, now and then, a deleted one. */
import type { Session } from '../../../warehouse/index.ts'
import { openDice, type Dice } from '../dice.ts'
import type { RowCounts } from '../generator.ts'
import { openNames, type Names } from '../names.ts'
import { accessRow, deviceRow, drawDevice, nameOf, transactionRow, userRow, type User } from './people.ts'
import { addRows, changeRows, stamp, type TableName, type TableRow } from './tables.ts'

export interface LivePiece {
  seed: number
  from: number
  to: number
  /** About so many changes. */
  changes: number
}

/** Login, coins, device, name, a touch that changes nothing, new account, deletion. */
const WEIGHTS = [45, 30, 4, 6, 4, 8, 1] as const
const DOINGS = ['login', 'coins', 'device', 'name', 'touch', 'account', 'delete'] as const
const SHARE_OF_LATE_ROWS = 0.1
/** Late rows lie at most so far before the piece; jobs look back for ten minutes. */
const LATEST_SECONDS = 300
/** Users from whom the tables of the piece are filled. */
const GUESTS = 60

interface Known extends User {
  username: string
  email: string
  changedAt: number
  device: string | null
}

/** Rows to be written at the end, by table. */
interface Work {
  added: Record<Extract<TableName, 'User' | 'Device' | 'CurrencyTransaction' | 'AccessEvent'>, TableRow[]>
  changed: Map<string, TableRow>
  deleted: Set<string>
}

let drawn: { seed: number; names: Names } | undefined

/** Drawing the pools takes longer than a piece of time that is played at once. */
function namesOf(seed: number): Names {
  if (drawn?.seed !== seed) drawn = { seed, names: openNames(seed) }
  return drawn.names
}

/** Writes the piece; answers with users who may sit down at tables. */
export async function liveUsers(session: Session, counts: RowCounts, piece: LivePiece): Promise<User[]> {
  const { seed, from, changes } = piece
  const dice = openDice(seed, `users/${String(from)}`)
  const some = await pickUsers(session, dice, GUESTS)
  const guests = [...new Map(some.map((user) => [user.id, user])).values()]
  const picked = await pickUsers(session, dice, Math.max(1, Math.floor(changes + dice.float())))
  const mark = dice.uuid()
  const [, ...login] = accessRow(dice, { userId: guests[0]?.id ?? '', device: guests[0]?.device ?? null, at: from })
  // Written with everything else of the piece: when it is there, all of it is.
  const { rows: known } = await session.query('SELECT 1 FROM "AccessEvent" WHERE id = $1', [mark])
  if (known.length > 0 || guests.length === 0) return guests
  const work: Work = {
    added: { User: [], Device: [], CurrencyTransaction: [], AccessEvent: [[mark, ...login]] },
    changed: new Map(),
    deleted: new Set(),
  }
  for (const [index, user] of picked.entries()) doSomething(dice, work, { piece, user, index })
  await write(session, counts, work)
  return guests
}

const PICK = `
  SELECT u.id, u.username, u.email, (extract(epoch FROM u."createdAt") * 1000)::float8 AS "createdAt",
    (extract(epoch FROM u."updatedAt") * 1000)::float8 AS "changedAt", d.id AS device
  FROM unnest($1::text[]) WITH ORDINALITY AS p(probe, n)
  CROSS JOIN LATERAL (SELECT * FROM "User" WHERE id >= p.probe ORDER BY id LIMIT 1) u
  LEFT JOIN LATERAL (SELECT id FROM "Device" WHERE "userId" = u.id ORDER BY id LIMIT 1) d ON true ORDER BY p.n`

/** Any users: the next ones behind random ids. */
async function pickUsers(session: Session, dice: Dice, count: number): Promise<Known[]> {
  const probes = Array.from({ length: count }, () => dice.uuid())
  return (await session.query<Known>(PICK, [probes])).rows
}

interface Doing {
  piece: LivePiece
  user: Known
  index: number
}

function doSomething(dice: Dice, work: Work, { piece, user, index }: Doing): void {
  const { seed, from, to } = piece
  const what = DOINGS[dice.weighted(WEIGHTS)] ?? 'login'
  const late = dice.chance(SHARE_OF_LATE_ROWS)
  const at = Math.floor(late ? from - dice.int(10, LATEST_SECONDS) * 1000 : from + dice.float() * (to - from))
  const { added } = work
  if (what === 'account') return addAccount(dice, work, { at: Math.max(at, from), name: nameOf(dice, namesOf(seed), endOf(from, index)) })
  if (what === 'coins') added.CurrencyTransaction.push(transactionRow(dice, user.id, at))
  else if (what === 'name' || what === 'touch')
    changeUser(dice, work, { user, at, name: what === 'touch' ? null : nameOf(dice, namesOf(seed), endOf(from, index)) })
  else if (what === 'delete') work.deleted.add(user.id)
  else
    added.AccessEvent.push(
      accessRow(dice, { userId: user.id, device: what === 'device' ? newDevice(dice, work, { user, at }) : user.device, at }),
    )
}

/** Short and of its own for each change: the second of the piece and the place in it. */
function endOf(from: number, index: number): string {
  return `_${Math.floor(from / 1000).toString(36)}${index.toString(36)}`
}

function newDevice(dice: Dice, { added }: Work, { user, at }: { user: User; at: number }): string {
  const device = drawDevice(dice)
  added.Device.push(deviceRow(device, user.id, at))
  return device.id
}

function addAccount(dice: Dice, work: Work, { at, name }: { at: number; name: string }): void {
  const user = { id: dice.uuid(), createdAt: at }
  work.added.User.push(userRow({ ...user, changedAt: at }, name))
  work.added.AccessEvent.push(accessRow(dice, { userId: user.id, device: newDevice(dice, work, { user, at }), at }))
  work.added.CurrencyTransaction.push([dice.uuid(), user.id, 'ADD', dice.int(10, 500), 'LOGIN_BONUS', stamp(at)])
}

/** Another name with its mail address, or only another stamp. A row's stamp never goes back. */
function changeUser(dice: Dice, { changed }: Work, { user, at, name }: { user: Known; at: number; name: string | null }): void {
  if (at <= user.changedAt || changed.has(user.id)) return
  const { id, createdAt, username, email } = user
  changed.set(
    id,
    name === null || dice.chance(0.1)
      ? [id, username, email, stamp(createdAt), stamp(at)]
      : userRow({ id, createdAt, changedAt: at }, name),
  )
}

async function write(session: Session, counts: RowCounts, { added, changed, deleted }: Work): Promise<void> {
  const count = (table: TableName, rows: number): void => {
    if (rows > 0) counts[`user_service.${table}`] = (counts[`user_service.${table}`] ?? 0) + rows
  }
  for (const [table, rows] of Object.entries(added) as [TableName, TableRow[]][]) count(table, await addRows(session, table, rows))
  count('User', await changeRows(session, 'User', [...changed.values()]))
  count('User', (await session.query('DELETE FROM "User" WHERE id = ANY($1)', [[...deleted]])).count)
}
