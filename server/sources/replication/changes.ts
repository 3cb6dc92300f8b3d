/**
 * From messages to rows, in the order of the commits. A transaction that was read before is passed over whole, by where its
 * commit begins in the log: that is how a change has its effect once, although the slot gives it out until it is confirmed.
 */
import { openHand, handRow, type FetchRow, type RowTarget, type Stamp } from './change-rows.ts'
import type { FeedTaker } from '../feed.ts'
import { readMessage, toTimestamp, type Message, type RelationMessage } from './pgoutput.ts'
import { formatLsn, parseLsn, type StreamPosition } from './position.ts'
import type { PublishedTable } from './publication.ts'
import { formerNames, layOut, requireClear, type Layout } from './shape.ts'

export interface ChangeNeeds {
  table: PublishedTable
  position: StreamPosition
  taker: FeedTaker
  /** Throws when the table has other columns by now than `table` says. */
  requireSameColumns(): Promise<void>
  fetchRow: FetchRow
}

/** What was handed over so far. */
export interface ChangeCounts {
  rows: number
  transactions: number
  /** Where the last transaction ends; null before the first. */
  end: bigint | null
  /** Columns of messages that the table does not have any more, and of the table that messages did not have yet. */
  gone: Set<string>
  absent: Set<string>
}

export interface Changes {
  /** Hands the rows of a message on. A promise only where the taker asks to wait, as most rows need no waiting. */
  take(data: Buffer): Promise<void> | void
  counts: ChangeCounts
  /** False in the middle of a transaction: then the messages broke off. */
  isWhole(): boolean
}

interface Transaction extends Stamp {
  isRead: boolean
  hasRows: boolean
}

/** Errors of `take`: `source.columns-changed`, and what the taker fails with. */
export function openChanges(needs: ChangeNeeds): Changes {
  const { table } = needs
  const counts: ChangeCounts = { rows: 0, transactions: 0, end: null, gone: new Set(), absent: new Set() }
  const layouts = new Map<number, Layout>()
  const from = parseLsn(needs.position.lsn)
  const target: RowTarget = { table, hand: openHand(needs, counts), fetchRow: needs.fetchRow }
  let transaction: Transaction | undefined

  const isWanted = (relation: number): boolean => transaction?.isRead === false && layouts.has(relation)
  const handIn = (message: Exclude<Message, RelationMessage | { tag: 'begin' | 'commit' }>): Promise<void> | void => {
    const relation = message.tag === 'truncate' ? message.relations.find(isWanted) : message.relation
    const layout = relation === undefined ? undefined : layouts.get(relation)
    if (transaction === undefined || layout === undefined) return undefined
    transaction.hasRows = true
    return handRow(target, { message, layout, stamp: transaction })
  }
  const take = (data: Buffer): Promise<void> | void => {
    const message = readMessage(data, isWanted)
    if (message === null) return undefined
    if (message.tag === 'begin') {
      transaction = { lsn: formatLsn(message.lsn), at: toTimestamp(message.at), isRead: message.lsn < from, hasRows: false }
    } else if (message.tag === 'commit') {
      if (transaction?.hasRows === true) counts.transactions += 1
      transaction = undefined
      counts.end = message.end
    } else if (message.tag !== 'relation') {
      return handIn(message)
    } else if (message.stream === table.stream) {
      return learnLayout(needs, message, counts).then((layout) => void layouts.set(message.relation, layout))
    }
    return undefined
  }
  return { take, counts, isWhole: () => transaction === undefined }
}

async function learnLayout(
  { table, position, requireSameColumns }: ChangeNeeds,
  message: RelationMessage,
  counts: ChangeCounts,
): Promise<Layout> {
  const former = formerNames(position.columns, table)
  const layout = layOut(message, table, former)
  if (layout.gone.length + layout.absent.length + former.size === 0) return layout
  await requireSameColumns()
  requireClear(layout, { table, stored: position.columns, former })
  for (const name of layout.gone) counts.gone.add(name)
  for (const name of layout.absent) counts.absent.add(name)
  return layout
}
