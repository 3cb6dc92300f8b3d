/** Named groups of customers by rule, counted and listed from the snapshot or from the warehouse: the same answer. */
import type { MemberPage, SegmentCount, SegmentSummary } from '../../shared/contract/answers.ts'
import { mistake } from '../../shared/failure.ts'
import { describeRule } from '../../shared/rule-words.ts'
import { parseRule } from '../../shared/rule.ts'
import type { Features } from '../features/index.ts'
import { countRule, type CountNeeds } from './count.ts'
import { findDefinition, listDefinitions } from './definitions.ts'
import { exportMembers, pageOfMembers, type MemberExport, type MemberRequest } from './members.ts'

export { matches } from './reference.ts'
export type { MemberExport, MemberRequest } from './members.ts'

export interface SegmentsNeeds extends CountNeeds {
  folder: string
  /** The feature by which the workspace narrows everything; null where it does not. */
  filterFeature: string | null
}

/** Opens the room. Errors: none here; its calls reject with `segment.*`, `rule.*` and `features.no-snapshot`. */
export function openSegments(needs: SegmentsNeeds) {
  const { folder, features, local } = needs
  return {
    /** Every segment of the workspace, its rule in words; a broken rule is listed with what is wrong. */
    list: async (): Promise<SegmentSummary[]> => {
      const types = local.snapshot() === null ? null : features.columnTypes()
      return (await listDefinitions(folder)).map((definition) => ({ ...definition, words: sayRule(definition.rule, types) }))
    },
    count: async (name: string, source: 'cache' | 'warehouse', only?: string): Promise<SegmentCount> =>
      countRule(needs, narrow(needs, await findDefinition(folder, name), only), source),
    /** Counts a rule that is not saved. */
    countRule: (rule: unknown, source: 'cache' | 'warehouse', only?: string): Promise<SegmentCount> =>
      countRule(needs, narrow(needs, { segment: null, rule }, only), source),
    members: async (name: string, { only, ...request }: MemberRequest & { only?: string | undefined }): Promise<MemberPage> =>
      pageOfMembers(needs, narrow(needs, await findDefinition(folder, name), only), request),
    /** All members in batches, by customer; constant memory. */
    exportMembers: async (name: string, only?: string): Promise<MemberExport> =>
      exportMembers(needs, narrow(needs, await findDefinition(folder, name), only)),
  }
}

/** The rule, only for customers with this value of the workspace's filter. Errors: `segment.no-filter`. */
function narrow<T extends { rule: unknown }>({ filterFeature }: SegmentsNeeds, one: T, only: string | undefined): T & { only?: unknown } {
  if (only === undefined || only === '') return one
  if (filterFeature === null)
    throw mistake('segment.no-filter', 'This workspace has no filter', 'A filter is declared in pack.yaml: name, label and feature.')
  return { ...one, only: { '==': [{ var: filterFeature }, only] } }
}

export type Segments = ReturnType<typeof openSegments>

function sayRule(rule: unknown, types: ReturnType<Features['columnTypes']> | null): string {
  if (types === null) return 'Sync the features once to read this rule in words.'
  try {
    return describeRule(parseRule(rule, types))
  } catch (thrown) {
    // A broken rule must still be listed, with what is wrong, or nobody can mend it.
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}
