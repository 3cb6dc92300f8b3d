/** Files of the winery: what is read, what is kept out and why, and that no turnover is lost on the way. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CONTACTS, CUSTOMERS, openInbox, PRODUCTS, SALES, type Inbox } from './inbox.ts'

let winery: Inbox
const errors = (file: string) =>
  winery.rows(
    `SELECT row_number::integer AS row, error_code AS code, lines FROM ingestion_errors WHERE file_name = '${file}' ORDER BY 1, 2`,
  )
const turnover = async (): Promise<Record<string, [number, string]>> => {
  const report = await winery.rooms.reports.run('turnover_reconciliation')
  expect(report.reconciliation.lines.filter(({ ok }) => !ok)).toEqual([])
  return Object.fromEntries(
    report.rows
      .filter((row) => row['sales_lines'] !== 0)
      .map((row) => [row['part'], [row['sales_lines'], row['amount_ht']]] as [string, [number, string]]),
  )
}

beforeAll(async () => {
  winery = await openInbox()
  await winery.put('products.csv', [
    PRODUCTS,
    'W1,Riesling Réserve 2019,White,Riesling,Dry,STANDARD,1,3,3,1,5,5,2,1,oui,summer|christmas',
    "W2,Bœuf’s Cœur d'Été,Red,Pinot Noir,Dry,PREMIUM,2,4,2,3,2,3,3,3,oui,",
    'W3,Nobody Tasted,Red,Syrah,Dry,BUDGET,0,,,,,,,,non,',
  ])
  await winery.put('customers.csv', [
    CUSTOMERS,
    'A,Durand,Anne,ANNE@Example.com,,,67000,Strasbourg,France',
    'B,Weber,Ben,,,,67100,Strasbourg,France',
  ])
})
afterAll(() => winery.close())

test('an inbox without sales loads the catalogue and prospects without a score', async () => {
  const run = await winery.run()
  expect(run.steps.filter(({ status }) => status !== 'succeeded')).toEqual([])
  expect(await winery.one('SELECT season_tags, is_active, premium_tier FROM product WHERE product_key = $$W1$$')).toEqual({
    season_tags: ['summer', 'christmas'],
    is_active: true,
    premium_tier: 1,
  })
  expect(await winery.one('SELECT email FROM customer WHERE customer_code = $$A$$')).toEqual({ email: 'anne@example.com' })
  expect(
    await winery.rows(
      'SELECT DISTINCT segment, rfm, nb_commandes, recence_jours, aroma_confidence::text, aroma_level FROM client_master_profile',
    ),
  ).toEqual([{ segment: 'PROSPECT', rfm: null, nb_commandes: 0, recence_jours: null, aroma_confidence: '0.000', aroma_level: 'LOW' }])
})

test('dates of both kinds, decimal commas and thousands are read, every other line is kept out with its code and its row', async () => {
  await winery.put(
    'sales_lines_a.csv',
    [
      SALES.replaceAll(',', ';'),
      'A;31/12/2025;F1;Riesling Réserve 2019;6;1 234,50',
      'A;2026-01-15;F2;RIESLING RESERVE  2019;1,5;12.5',
      'A;31/02/2026;F3;Riesling Réserve 2019;6;10',
      'A;2026-01-15;F4;***;6;10',
      'A;2026-01-15;F5;Riesling Réserve 2019;0;10',
      'A;2026-01-15;F6;Riesling Réserve 2019;6;free',
      'A;2026-01-15;F7;Riesling Réserve 2019;-6;-45,30',
      'Z;2026-01-15;F8;Riesling Réserve 2019;6;20',
      'A;2026-01-15;F9;Rielsing Reserve 2019;6;30',
      'A;2026-12-24;F10;Riesling Réserve 2019;6;10',
      'A;2026-01-15;;Riesling Réserve 2019;6;10',
      'A;2026-01-15;F11;Riesling Réserve 2019;6;99999999999999',
    ],
    '2026-10-01',
  )
  await winery.run()
  expect(await winery.rows('SELECT order_date::text, doc_ref, qty::text, amount_ht::text FROM order_line ORDER BY 1')).toEqual([
    { order_date: '2025-12-31', doc_ref: 'F1', qty: '6.000', amount_ht: '1234.50' },
    { order_date: '2026-01-15', doc_ref: 'F2', qty: '1.500', amount_ht: '12.50' },
  ])
  expect(await errors('sales_lines_a.csv')).toEqual([
    { row: 4, code: 'VALIDATION_ERROR', lines: 1 },
    { row: 5, code: 'INVALID_PRODUCT_LABEL', lines: 1 },
    { row: 6, code: 'VALIDATION_ERROR', lines: 1 },
    { row: 7, code: 'VALIDATION_ERROR', lines: 1 },
    { row: 8, code: 'CREDIT_NOTE', lines: 1 },
    { row: 9, code: 'CUSTOMER_NOT_FOUND', lines: 1 },
    { row: 10, code: 'PRODUCT_NOT_FOUND', lines: 1 },
    { row: 11, code: 'VALIDATION_ERROR', lines: 1 },
    { row: 12, code: 'VALIDATION_ERROR', lines: 1 },
    { row: 13, code: 'UNEXPECTED_ERROR', lines: 1 },
  ])
})

test('a credit note is kept as such, and every part of the turnover adds up to the files', async () => {
  expect(await winery.rows('SELECT customer_code, doc_ref, amount_ht::text FROM credit_note')).toEqual([
    { customer_code: 'A', doc_ref: 'F7', amount_ht: '-45.30' },
  ])
  expect(await turnover()).toEqual({
    ...{ LOADED: [2, '1247.00'], PRODUCT_NOT_FOUND: [1, '30.00'], CUSTOMER_NOT_FOUND: [1, '20.00'], CREDIT_NOTE: [1, '-45.30'] },
    INVALID: [7, '50.00'],
  })
  expect(
    await winery.one(
      `SELECT credit_notes, credit_notes_ht::text AS amount, ca_ht::text AS ca FROM customer_features_view WHERE customer_id = 'A'`,
    ),
  ).toEqual({
    ...{ credit_notes: 1, amount: '-45.30', ca: '1247.00' },
  })
})

test('the batch report tells total, valid and error rows, and a file without lines succeeded by 100 percent', async () => {
  await winery.put('contacts_empty.csv', [CONTACTS])
  await winery.run()
  const { rows, reconciliation } = await winery.rooms.reports.run('ingestion_batches')
  expect(reconciliation.ok).toBe(true)
  expect(rows).toContainEqual(
    expect.objectContaining({ batch_id: 'sales_lines_a.csv', total_rows: 12, valid_rows: 2, error_rows: 10, success_rate: 16.67 }),
  )
  expect(rows).toContainEqual(expect.objectContaining({ batch_id: 'contacts_empty.csv', total_rows: 0, valid_rows: 0, success_rate: 100 }))
})

test('the same document in two exports counts once, the same line twice in one document counts twice', async () => {
  await winery.put('sales_lines_b.csv', [
    SALES,
    'B,2026-02-01,G1,Riesling Réserve 2019,6,60.00',
    'B,2026-02-01,G1,Riesling Réserve 2019,6,60.00',
    'B,2026-02-01,G1,Nobody Tasted,1,5',
  ])
  await winery.put('sales_lines_c.csv', [
    'customer_code;order_date;doc_ref;product_label;qty;amount_ht',
    'B;01/02/2026;G1;riesling reserve 2019;6,0;60,00',
    'B;03/02/2026;G2;Nobody Tasted;1;7',
  ])
  await winery.run()
  expect(
    await winery.rows(
      `SELECT doc_ref, count(*)::integer AS lines, sum(amount_ht)::text AS amount FROM order_line WHERE customer_code = 'B' GROUP BY 1 ORDER BY 1`,
    ),
  ).toEqual([
    { doc_ref: 'G1', lines: 3, amount: '125.00' },
    { doc_ref: 'G2', lines: 1, amount: '7.00' },
  ])
  expect(await turnover()).toMatchObject({ REPEATED: [1, '60.00'] })
})

test('a corrected file of the same name takes the place of its former lines', async () => {
  await winery.put(
    'sales_lines_b.csv',
    [SALES, 'B,2026-02-01,G1,Riesling Réserve 2019,6,60.00', 'B,2026-02-01,G1,Nobody Tasted,2,10'],
    '2026-10-02',
  )
  const run = await winery.run()
  expect(run.steps.find(({ job }) => job === 'raw_sales_lines')).toMatchObject({ read: 3, reconciles: true })
  expect(await winery.rows(`SELECT qty::text, amount_ht::text FROM order_line WHERE doc_ref = 'G1' ORDER BY 2`)).toEqual([
    { qty: '2.000', amount_ht: '10.00' },
    { qty: '6.000', amount_ht: '60.00' },
  ])
  await turnover()
})

test('customers: a wrong address is kept out, a code twice in a file is told, a newer file overwrites only what it says', async () => {
  await winery.put(
    'customers_2.csv',
    [
      CUSTOMERS,
      'C,Lang,Cleo,not an address,,,,,',
      'D,Roth,Dora,,,,67 000,,',
      ',Nobody,No,,,,,,',
      'A,,,,0612345678,,,,',
      'A,Other,Name,,,,,,',
      'A,,,,0612345678,,,,',
    ],
    '2026-10-03',
  )
  await winery.run()
  expect(await errors('customers_2.csv')).toEqual([
    { row: 2, code: 'VALIDATION_ERROR', lines: 1 },
    { row: 3, code: 'VALIDATION_ERROR', lines: 1 },
    { row: 4, code: 'VALIDATION_ERROR', lines: 1 },
    { row: 5, code: 'DUPLICATE_CUSTOMER', lines: 1 },
    { row: 6, code: 'DUPLICATE_CUSTOMER', lines: 1 },
  ])
  expect(await winery.one(`SELECT last_name, phone, city FROM customer WHERE customer_code = 'A'`)).toEqual({
    last_name: 'Durand',
    phone: '0612345678',
    city: 'Strasbourg',
  })
})

test('lines of a customer who comes to be known later are loaded then', async () => {
  await winery.put('customers_3.csv', [CUSTOMERS, 'Z,Zahn,Zoe,,,,,,'], '2026-10-04')
  await winery.run()
  expect(await winery.rows(`SELECT doc_ref, amount_ht::text FROM order_line WHERE customer_code = 'Z'`)).toEqual([
    { doc_ref: 'F8', amount_ht: '20.00' },
  ])
})

test('contacts in the words of either program set bounces and opt-outs, and a wrong channel is kept out', async () => {
  await winery.put('contacts.csv', [
    CONTACTS,
    'A,2026-09-01,email,bounce,K1',
    'B,2026-09-02,SMS,SENT,K1',
    'B,2026-09-03,MAIL,unsubscribe,K2',
    'B,2026-09-03,FAX,SENT,K2',
    'A,2026-08-01,EMAIL,open,K0',
    'Q,2026-08-01,EMAIL,SENT,K0',
  ])
  await winery.run()
  expect(await winery.rows('SELECT customer_code, channel, status FROM contact_event ORDER BY contact_date')).toEqual([
    { customer_code: 'A', channel: 'EMAIL', status: 'OPENED' },
    { customer_code: 'A', channel: 'EMAIL', status: 'BOUNCED' },
    { customer_code: 'B', channel: 'SMS', status: 'SENT' },
    { customer_code: 'B', channel: 'MAIL', status: 'UNSUBSCRIBED' },
  ])
  expect(await winery.rows('SELECT customer_code, is_bounced, is_optout, is_contactable FROM customer ORDER BY 1')).toEqual([
    { customer_code: 'A', is_bounced: true, is_optout: false, is_contactable: true },
    { customer_code: 'B', is_bounced: false, is_optout: true, is_contactable: false },
    { customer_code: 'Z', is_bounced: false, is_optout: false, is_contactable: false },
  ])
  expect(await errors('contacts.csv')).toEqual([
    { row: 5, code: 'VALIDATION_ERROR', lines: 1 },
    { row: 7, code: 'CUSTOMER_NOT_FOUND', lines: 1 },
  ])
})

test('a second run over the same files changes nothing', async () => {
  const run = await winery.run()
  expect(run.steps.filter(({ inserted, updated, versions_closed }) => inserted + updated + versions_closed > 0)).toEqual([])
})

test('lines that are not UTF-8 or have too few fields are kept whole as rejects, counted in the batch, and the others are loaded', async () => {
  const text = Buffer.concat([
    Buffer.from(`${SALES}\nB,2026-03-01,H1,Riesling R`),
    Buffer.from([0xe9]),
    Buffer.from('serve 2019,6,10\nB,2026-03-01,H2,too few\nB,2026-03-01,H3,Nobody Tasted,1,8\n'),
  ])
  await writeFile(join(winery.folder, 'inbox', 'sales_lines_latin.csv'), text)
  const run = await winery.run()
  expect(run.status).toBe('warning')
  expect(run.steps.find(({ job }) => job === 'raw_sales_lines')).toMatchObject({ rejected: 2 })
  expect(
    await winery.one(
      `SELECT total_rows, valid_rows, error_rows, unreadable_rows FROM ingestion_batches WHERE batch_id = 'sales_lines_latin.csv'`,
    ),
  ).toEqual({
    ...{ total_rows: 3, valid_rows: 1, error_rows: 2, unreadable_rows: 2 },
  })
  expect(await turnover()).toMatchObject({ UNREADABLE: [2, '0'] })
})
