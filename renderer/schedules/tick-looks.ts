/** How the outcome of a tick and the state of a schedule look: word, icon and colour, any two of which would do. */
import { CalendarX2, CircleCheck, CircleDashed, CirclePause, CircleX, FileX2, Hourglass, LoaderCircle, SkipForward } from '@lucide/vue'
import type { Component } from 'vue'
import type { ScheduleSummary, ScheduleTick } from '../../shared/schedule.ts'

export interface Look {
  word: string
  icon: Component
  text: string
  ground: string
}

export const OUTCOME_LOOKS: Record<ScheduleTick['outcome'], Look> = {
  claimed: { word: 'Running', icon: LoaderCircle, text: 'text-running', ground: 'bg-running-soft' },
  ran: { word: 'Ran', icon: CircleCheck, text: 'text-positive', ground: 'bg-positive-soft' },
  missed: { word: 'Missed', icon: CalendarX2, text: 'text-warning', ground: 'bg-warning-soft' },
  skipped: { word: 'Skipped', icon: SkipForward, text: 'text-soft', ground: 'bg-sunk' },
  failed: { word: 'Failed', icon: CircleX, text: 'text-danger', ground: 'bg-danger-soft' },
}

export const STATE_LOOKS: Record<ScheduleSummary['state'], Look> = {
  idle: { word: 'Idle', icon: CircleDashed, text: 'text-soft', ground: 'bg-sunk' },
  running: { word: 'Running', icon: LoaderCircle, text: 'text-running', ground: 'bg-running-soft' },
  waiting: { word: 'Waiting', icon: Hourglass, text: 'text-warning', ground: 'bg-warning-soft' },
  disabled: { word: 'Disabled', icon: CirclePause, text: 'text-soft', ground: 'bg-sunk' },
  broken: { word: 'Broken', icon: FileX2, text: 'text-danger', ground: 'bg-danger-soft' },
}
