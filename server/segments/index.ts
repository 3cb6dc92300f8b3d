/** Named groups of customers by rule, counted and listed from the snapshot or from the warehouse: the same answer. */
import type { MemberPage, SegmentCount, SegmentSummary } from '../../shared/contract/answers.ts'
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
    count: async (name: string, source: 'cache' | 'warehouse'): Promise<SegmentCount> =>
      countRule(needs, await findDefinition(folder, name), source),
    /** Counts a rule that is not saved. */
    countRule: (rule: unknown, source: 'cache' | 'warehouse'): Promise<SegmentCount> => countRule(needs, { segment: null, rule }, source),
    members: async (name: string, request: MemberRequest): Promise<MemberPage> =>
      pageOfMembers(needs, await findDefinition(folder, name), request),
    /** All members in batches, by customer; constant memory. */
    exportMembers: async (name: string): Promise<MemberExport> => exportMembers(needs, await findDefinition(folder, name)),
  }
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
