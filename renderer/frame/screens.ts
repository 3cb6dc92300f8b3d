/** The screens of the rail. A screen is listed once it exists. */
import { BookOpen, CalendarClock, ChartColumn, History, LayoutDashboard, UsersRound, Network } from '@lucide/vue'
import type { Component } from 'vue'

export interface Screen {
  path: string
  label: string
  icon: Component
  /** `g` and then this key goes there. */
  key: string
}

export const SCREENS: readonly Screen[] = [
  { path: '/', label: 'Overview', icon: LayoutDashboard, key: 'o' },
  { path: '/segments', label: 'Segments', icon: UsersRound, key: 's' },
  { path: '/reports', label: 'Reports', icon: ChartColumn, key: 'r' },
  { path: '/pipelines', label: 'Pipelines', icon: Network, key: 'p' },
  { path: '/runs', label: 'Runs', icon: History, key: 'u' },
  { path: '/schedules', label: 'Schedules', icon: CalendarClock, key: 'c' },
  { path: '/help', label: 'Help', icon: BookOpen, key: 'h' },
]
