import { appendFile, readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { describeWithRealData } from '../../tools/real-data.ts'
import { withShop } from './shop.ts'

const FIGURES = `
  SELECT count(*)::int AS lines, count(*) FILTER (WHERE customer_id IS NULL)::int AS without_customer,
    count(DISTINCT customer_id)::int AS customers, count(DISTINCT document_number)::int AS documents,
    count(DISTINCT product_id)::int AS products, count(DISTINCT country)::int AS countries,
    count(*) FILTER (WHERE document_number LIKE 'C%')::int AS cancellations, trim_scale(sum(quantity * unit_price))::text AS gross,
    count(*)::int - count(DISTINCT ROW(document_number, product_id, product_name, quantity, unit_price, ordered_at, customer_id, country))::int AS duplicates
  FROM imported.order_lines`

const CLEANED = `
  SELECT count(*)::int AS lines, count(DISTINCT customer_id)::int AS customers, count(DISTINCT document_number)::int AS documents,
    trim_scale(sum(quantity * unit_price))::text AS gross
  FROM imported.order_lines WHERE customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0`

const NET = `SELECT count(DISTINCT customer_id)::int AS customers, round(sum(quantity * unit_price), 2)::text AS net FROM imported.order_lines WHERE customer_id IS NOT NULL`

describeWithRealData('Online Retail, 541,909 lines', ['online_retail.csv.gz'], (path) => {
  const shop = withShop()

  test('nothing is lost, every published figure comes out, and a second import brings nothing', async () => {
    const result = await shop.run(path)
    expect(result).toMatchObject({ lines: 541_909, already_imported: 0, read: 541_909, loaded: 541_909, rejected: 0, ignored_columns: [] })
    expect(result.notes).toMatchObject({ empty: { customer_id: 135_080 } })
    expect(await shop.rows(FIGURES)).toEqual([
      {
        lines: 541_909,
        without_customer: 135_080,
        customers: 4372,
        documents: 25_900,
        products: 4070,
        countries: 38,
        cancellations: 9288,
        gross: '9747747.934',
        duplicates: 5268,
      },
    ])
    expect(await shop.rows(CLEANED)).toEqual([{ lines: 397_884, customers: 4338, documents: 18_532, gross: '8911407.904' }])
    expect(await shop.rows(NET)).toEqual([{ customers: 4372, net: '8300065.81' }])
    expect(await shop.run(path)).toMatchObject({ lines: 541_909, already_imported: 541_909, read: 0, loaded: 0, rejected: 0 })
  }, 120_000)

  test('a thousand lines more, even ones that it had, are a thousand lines loaded; a copy with other line ends is none', async () => {
    await shop.run(path)
    const text = gunzipSync(await readFile(path)).toString()
    const file = await shop.file('grown.csv', text)
    const lines = text.split('\n')
    await appendFile(file, `${lines.slice(1, 1001).join('\n')}\n`)
    expect(await shop.run(file)).toMatchObject({ lines: 542_909, already_imported: 541_909, read: 1000, loaded: 1000, rejected: 0 })
    const other = await shop.file('other.csv', text.replaceAll('\n', '\r\n'))
    expect(await shop.run(other)).toMatchObject({ lines: 541_909, already_imported: 541_909, loaded: 0 })
    expect(await shop.count()).toBe(542_909)
  }, 120_000)
})
