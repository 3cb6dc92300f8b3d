/** Light, dark, or as the system has it: kept in the browser, set as `data-theme` on the root element. */
import { createGlobalState, useLocalStorage, usePreferredDark } from '@vueuse/core'
import { computed, watchEffect } from 'vue'

export const THEME_MODES = ['system', 'light', 'dark'] as const
export type ThemeMode = (typeof THEME_MODES)[number]

export const useTheme = createGlobalState(() => {
  const kept = useLocalStorage<string>('quintile-theme', 'system')
  const systemDark = usePreferredDark()
  const mode = computed<ThemeMode>({
    get: () => THEME_MODES.find((known) => known === kept.value) ?? 'system',
    set: (wanted) => {
      kept.value = wanted
    },
  })
  const dark = computed(() => (mode.value === 'system' ? systemDark.value : mode.value === 'dark'))
  // `sync`: who reads resolved colours after a change must already see the new ones.
  watchEffect(
    () => {
      if (mode.value === 'system') delete document.documentElement.dataset['theme']
      else document.documentElement.dataset['theme'] = mode.value
    },
    { flush: 'sync' },
  )
  return { mode, dark }
})
