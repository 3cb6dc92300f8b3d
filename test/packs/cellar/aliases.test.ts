/** Which product a label means: normalising, suggesting, deciding, and what becomes of lines that wait. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { approveAbove, approveAlias, listAliases, rejectAlias, suggestAliases } from '../../../server/aliases.ts'
import { CUSTOMERS, openInbox, PRODUCTS, SALES, type Inbox } from './inbox.ts'

let winery: Inbox

beforeAll(async () => {
  winery = await openInbox()
  await winery.put('products.csv', [
    PRODUCTS,
    'P1,Plain White,White,Riesling,Dry,STANDARD,0,3,3,3,3,3,3,3,oui,',
    'P2,Bold Red,Red,Syrah,Dry,PREMIUM,2,5,1,5,1,1,5,5,oui,',
  ])
  await winery.put('customers.csv', [CUSTOMERS, 'TYPO,Name,X,,,,,,'])
  await winery.put('sales_lines.csv', [
    SALES,
    'TYPO,2026-09-01,TYPO-1,Palin White,1,11',
    'TYPO,2026-09-02,TYPO-2,PLAIN WHTIE,1,12',
    'TYPO,2026-09-03,TYPO-3,Frais de port,1,5',
  ])
  await winery.run()
})
afterAll(() => winery.close())

test('labels are normalised with ligatures, accents and every apostrophe', async () => {
  const norm = async (label: string) =>
    (await winery.rooms.warehouse.query<{ n: string }>('SELECT normalise_label($1) AS n', [label])).rows[0]?.n
  expect(await norm("Château d'Yquem  2015-Sec")).toBe('chateau d yquem 2015 sec')
  expect(await norm('Bœuf’s')).toBe('boeuf s')
  expect(await norm("BOEUF'S")).toBe('boeuf s')
  expect(await norm(' Straße Æther (n°2) ')).toBe('strasse aether n 2')
  expect(await norm('Cuve\u0301e')).toBe(await norm('Cuvée'))
})

test('labels that are unknown are listed with lines and turnover, and the most alike product', async () => {
  const labels = await listAliases(winery.rooms, ['waiting'])
  expect(labels.map(({ label_norm, lines, amount_ht, product_key }) => [label_norm, lines, amount_ht, product_key])).toEqual([
    ['plain whtie', 1, '12.00', 'P1'],
    ['palin white', 1, '11.00', 'P1'],
    ['frais de port', 1, '5.00', null],
  ])
  expect(await suggestAliases(winery.rooms, 'Palin White')).toContainEqual(expect.objectContaining({ place: 1, product_key: 'P1' }))
  expect((await winery.rooms.reports.run('unknown_labels')).reconciliation.ok).toBe(true)
})

test('an unknown product, a second product for a label and a label that nothing is like are refused', async () => {
  await expect(approveAlias(winery.rooms, { label: 'palin white', product: 'P9', replace: false })).rejects.toMatchObject({
    code: 'aliases.unknown-product',
  })
  await expect(approveAlias(winery.rooms, { label: 'frais de port', replace: false })).rejects.toMatchObject({
    code: 'aliases.no-suggestion',
  })
  await expect(suggestAliases(winery.rooms, 'plain whtei')).rejects.toMatchObject({
    code: 'aliases.unknown-label',
    hint: 'Did you mean “plain whtie”?',
  })
})

test('lines wait until their label is approved, and the next run loads them; a rejected label keeps its turnover in sight', async () => {
  expect(await approveAlias(winery.rooms, { label: 'PALIN  White', product: 'P2', replace: false })).toMatchObject({
    label_norm: 'palin white',
    confidence: 1,
  })
  await expect(approveAlias(winery.rooms, { label: 'palin white', product: 'P1', replace: false })).rejects.toMatchObject({
    code: 'aliases.approved-before',
  })
  await approveAlias(winery.rooms, { label: 'palin white', product: 'plain white', replace: true })
  expect(await approveAbove(winery.rooms, 0.5)).toEqual([expect.objectContaining({ label_norm: 'plain whtie', product_key: 'P1' })])
  await rejectAlias(winery.rooms, 'Frais de port')
  expect(await winery.rows(`SELECT doc_ref FROM order_line WHERE customer_code = 'TYPO'`)).toEqual([])
  await winery.run()
  expect(await winery.rows(`SELECT doc_ref, product_key FROM order_line WHERE customer_code = 'TYPO' ORDER BY 1`)).toEqual([
    { doc_ref: 'TYPO-1', product_key: 'P1' },
    { doc_ref: 'TYPO-2', product_key: 'P1' },
  ])
  expect(await winery.one(`SELECT nb_commandes, ca_ht::text AS ca FROM client_master_profile WHERE customer_code = 'TYPO'`)).toEqual({
    nb_commandes: 2,
    ca: '23.00',
  })
  expect(await listAliases(winery.rooms, ['waiting', 'rejected'])).toMatchObject([
    { label_norm: 'frais de port', state: 'rejected', amount_ht: '5.00' },
  ])
  const { rows, reconciliation } = await winery.rooms.reports.run('turnover_reconciliation')
  expect(reconciliation.ok).toBe(true)
  expect(rows).toContainEqual(expect.objectContaining({ part: 'PRODUCT_NOT_FOUND', sales_lines: 1, amount_ht: '5.00' }))
})

test('an approval is taken back by a rejection, and its lines wait again', async () => {
  await rejectAlias(winery.rooms, 'palin white')
  await winery.run()
  expect(await winery.rows(`SELECT doc_ref FROM order_line WHERE customer_code = 'TYPO'`)).toEqual([{ doc_ref: 'TYPO-2' }])
})
