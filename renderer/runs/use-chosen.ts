/** Which rejects are chosen, which one is open, and the values that were given to each. */
import { computed, ref, shallowRef } from 'vue'
import { takeOver, type Mended, type ShownReject } from './reject-row.ts'

export function useChosen() {
  const chosen = ref(new Map<number, ShownReject>())
  const mended = ref(new Map<number, Mended>())
  const opened = shallowRef<ShownReject | null>(null)

  function put(id: number, values: Mended): void {
    if (Object.keys(values).length === 0) mended.value.delete(id)
    else mended.value.set(id, values)
  }

  return {
    chosen,
    mended,
    opened,
    /** Of the one that is open. */
    changes: computed<Mended>({
      get: () => mended.value.get(opened.value?.reject_id ?? 0) ?? {},
      set: (values) => {
        if (opened.value === null) return
        put(opened.value.reject_id, values)
        // Who mends a row wants it replayed.
        if (Object.keys(values).length > 0) chosen.value.set(opened.value.reject_id, opened.value)
      },
    }),
    flip(reject: ShownReject): void {
      if (reject.replayed_run_id !== null) return
      if (!chosen.value.delete(reject.reject_id)) chosen.value.set(reject.reject_id, reject)
    },
    /** The changes of the open one for every chosen row that has those fields. */
    spread(): void {
      const changes = mended.value.get(opened.value?.reject_id ?? 0) ?? {}
      for (const [id, { row }] of chosen.value) put(id, { ...mended.value.get(id), ...takeOver(row, changes) })
    },
    forget(): void {
      chosen.value.clear()
      mended.value.clear()
      opened.value = null
    },
  }
}
