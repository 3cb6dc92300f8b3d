/** The tenants, in the order of the document; the first ones by name, further ones drawn. */
import { openDice } from '../dice.ts'
import { drawId } from './ids.ts'
import type { Names } from '../names.ts'
import type { PlanType } from './sizes.ts'

export interface Tenant {
  id: string
  name: string
  slug: string
  plan: PlanType
  maxUsers: number
}

const KNOWN: readonly (readonly [name: string, plan: PlanType, maxUsers: number])[] = [
  ['TechCorp Enterprise', 'enterprise', 1000],
  ['Global Solutions Inc', 'enterprise', 800],
  ['MidMarket Retail Co', 'professional', 300],
  ['Digital Services Ltd', 'professional', 250],
  ['StartUp Innovations', 'professional', 200],
  ['Small Business Shop', 'starter', 50],
  ['Local Store Group', 'starter', 75],
  ['Boutique Commerce', 'starter', 40],
]

const FEATURES: Record<PlanType, readonly string[]> = {
  enterprise: ['analytics', 'api_access', 'custom_domain', 'priority_support', 'sso'],
  professional: ['analytics', 'api_access', 'custom_domain'],
  starter: ['analytics'],
}

/** The first `count` tenants. */
export function makeTenants(seed: number, count: number, names: Names): Tenant[] {
  const dice = openDice(seed, 'lakehouse/tenants')
  const taken = new Set<string>()
  return Array.from({ length: count }, (_, at) => {
    const [known, plan, maxUsers] = KNOWN[at] ?? [dice.pick(names.companies), 'starter' as const, dice.int(40, 80)]
    const name = toSlug(known) === '' || taken.has(toSlug(known)) ? `${known} ${String(at + 1)}` : known
    taken.add(toSlug(name))
    return { id: drawId(dice), name, slug: toSlug(name), plan, maxUsers }
  })
}

function toSlug(name: string): string {
  return name.toLowerCase().replaceAll(',', '').replaceAll(' ', '-').slice(0, 50)
}

/** Row of core_tenant in the order of its columns. */
export function tenantRow({ id, name, slug, plan, maxUsers }: Tenant, since: number) {
  const settings = { plan_type: plan, max_users: maxUsers, features: FEATURES[plan] }
  const stamp = new Date(since)
  return [id, name, slug, `${slug}.example.com`, true, settings, stamp, stamp]
}
