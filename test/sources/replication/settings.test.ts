import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { replicationSettings } from '../../../server/sources/index.ts'

const SERVER = `
kind: replication
host: db.example.org
user: quintile
database: shop
publication: quintile
slot: quintile_shop
`
const read = (yaml: string) => replicationSettings.safeParse(parse(`${SERVER}${yaml}`))
const complaint = (yaml: string) => JSON.stringify(read(yaml).error?.issues)

describe('the settings of a replication source', () => {
  test('need only the server, the publication, the slot and the tables; the rest is careful', () => {
    expect(read('tables: [public.orders]').data).toEqual({
      ...{
        kind: 'replication',
        host: 'db.example.org',
        port: 5432,
        user: 'quintile',
        database: 'shop',
        tls: 'off',
        publication: 'quintile',
      },
      ...{
        slot: 'quintile_shop',
        tables: { 'public.orders': {} },
        on_slot_lost: 'fail',
        max_retained: 2 * 2 ** 30,
        allow_unbounded_wal: false,
      },
      fallback: 'none',
    })
  })

  test('name for each table its watermark, look-back and key, or nothing', () => {
    const yaml = `
tables:
  public.orders: { watermark: updated_at, lookback: 10 minutes }
  public.visits: { key: [visitor, at] }
  public.lines:
max_retained: 500 MB
statement_timeout: 30 minutes
fallback: watermark`
    expect(read(yaml).data).toMatchObject({
      tables: {
        'public.orders': { watermark: 'updated_at', lookback: '10 minutes' },
        'public.visits': { key: ['visitor', 'at'] },
        'public.lines': {},
      },
      ...{ max_retained: 500 * 2 ** 20, statement_timeout: 1_800_000, fallback: 'watermark' },
    })
  })

  test.each([
    ['tables: [orders]', 'a table name with its schema: schema.table'],
    ['tables: []', 'tables'],
    ['tables: {}', 'at least one table'],
    ['tables: { public.orders: { watermarks: at } }', 'watermarks'],
    ['tables: [public.orders]\nmax_retained: much', 'a size such as 2 GB'],
    ['tables: [public.orders]\npassword: secret', 'password'],
    ['tables: [public.orders]\nfallback: hope', 'fallback'],
  ])('are refused with the reason: %s', (yaml, reason) => {
    expect(complaint(yaml)).toContain(reason)
  })
})
