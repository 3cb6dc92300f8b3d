/** The text of a schedule while a person writes it, and the file that may change meanwhile. */
import { computed, ref, watch, type Ref } from 'vue'

export function useDraft(file: Readonly<Ref<string | undefined>>) {
  /** The file as it was when the writing began. */
  const base = ref(file.value ?? '')
  const text = ref(file.value ?? '')
  const changed = computed(() => text.value !== base.value)

  function take(newest: string): void {
    base.value = newest
    text.value = newest
  }
  watch(file, (newest) => {
    // Words that somebody is writing are never taken away; that the file moved on is told instead.
    if (newest !== undefined && !changed.value) take(newest)
  })
  return {
    text,
    changed,
    take,
    /** Somebody else changed the file since the writing began. */
    overtaken: computed(() => changed.value && file.value !== undefined && file.value !== base.value),
    reset: (): void => {
      take(file.value ?? '')
    },
  }
}
