/** The time of the screen: moves every 20 seconds, enough for "3 minutes ago". */
import { createGlobalState, useNow } from '@vueuse/core'

export const useMinute = createGlobalState(() => useNow({ interval: 20_000 }))
