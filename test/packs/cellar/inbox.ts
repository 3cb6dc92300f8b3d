/** A winery without demo data: the test writes the files itself. */
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openTestPack, type TestPack } from '../../tools/open-pack.ts'

export interface Inbox extends TestPack {
  /** Writes a file of the inbox: header and lines; later days hold against earlier ones. */
  put(name: string, lines: readonly string[], day?: string): Promise<void>
  /** First row of a query. */
  one<R = Record<string, unknown>>(sql: string): Promise<R | undefined>
}

export const PRODUCTS =
  'product_key,product_label,family_crm,cepage,sucrosite_niveau,price_band,premium_tier,aroma_fruit,aroma_floral,aroma_spice,aroma_mineral,aroma_acidity,aroma_body,aroma_tannin,is_active,season_tags'
export const CUSTOMERS = 'customer_code,last_name,first_name,email,phone,address,postal_code,city,country'
export const SALES = 'customer_code,order_date,doc_ref,product_label,qty,amount_ht'
export const CONTACTS = 'customer_code,contact_date,channel,status,campaign_id'

/** Opens a workspace of the pack; no file is in its inbox. */
export async function openInbox(): Promise<Inbox> {
  const pack = await openTestPack({ pack: 'cellar', fill: false })
  return {
    ...pack,
    put: async (name, lines, day = '2026-10-01') => {
      const file = join(pack.folder, 'inbox', name)
      await writeFile(file, `${lines.join('\n')}\n`)
      await utimes(file, new Date(day), new Date(day))
    },
    one: async (sql) => (await pack.rows(sql))[0] as never,
  }
}
