/** What a text would mean as a schedule, asked anew with each change; an answer to an earlier text is thrown away. */
import { useDebounceFn } from '@vueuse/core'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { toFailure, type Failure } from '../../shared/failure.ts'
import type { ScheduleValidation } from '../../shared/schedule.ts'
import { ask } from '../call.ts'

/** Long enough for a word to be typed on, short enough to feel immediate. */
const PAUSE_MS = 200

export function useValidation(text: Readonly<Ref<string>>, name: () => string | undefined) {
  const verdict = shallowRef<ScheduleValidation | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const checking = ref(false)
  let asking: AbortController | undefined

  async function read(): Promise<void> {
    const mine = new AbortController()
    asking = mine
    const schedule = name()
    try {
      const body = { text: text.value, ...(schedule === undefined ? {} : { schedule }) }
      const answer = await ask('schedules.validate', { body, signal: mine.signal })
      if (mine.signal.aborted) return
      ;[verdict.value, failure.value] = [answer, null]
    } catch (thrown) {
      if (mine.signal.aborted) return
      failure.value = toFailure(thrown)
    }
    checking.value = false
  }

  const later = useDebounceFn(read, PAUSE_MS)
  watch(
    text,
    () => {
      // At once, so that no answer to the text of before comes in between.
      asking?.abort()
      checking.value = true
      void later()
    },
    { immediate: true },
  )
  onScopeDispose(() => asking?.abort())
  return { verdict, failure, checking, again: () => void read() }
}
