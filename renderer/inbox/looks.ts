/** How severities, kinds and deliveries look: word, icon and colour. */
import {
  CalendarX2,
  CircleAlert,
  CircleCheck,
  CircleX,
  Clock,
  Info,
  Laptop,
  Mail,
  MonitorDot,
  Send,
  TriangleAlert,
  Undo2,
  Webhook,
  type LucideIcon,
} from '@lucide/vue'
import type { ChannelSummary, Delivery, NotificationKind, Severity } from '../../shared/notification.ts'

interface Look {
  word: string
  icon: LucideIcon
  text: string
}

export const SEVERITY_LOOKS: Record<Severity, Look & { ground: string }> = {
  error: { word: 'Error', icon: CircleX, text: 'text-danger', ground: 'bg-danger-soft' },
  warning: { word: 'Warning', icon: TriangleAlert, text: 'text-warning', ground: 'bg-warning-soft' },
  info: { word: 'Info', icon: Info, text: 'text-running', ground: 'bg-running-soft' },
}

export const KIND_LOOKS: Record<NotificationKind, { word: string; icon: LucideIcon }> = {
  failure: { word: 'Failure', icon: CircleAlert },
  recovery: { word: 'Recovery', icon: CircleCheck },
  check_error: { word: 'Check error', icon: CircleX },
  missed: { word: 'Missed', icon: CalendarX2 },
}

export const DELIVERY_LOOKS: Record<Delivery['state'], Look> = {
  waiting: { word: 'waits', icon: Clock, text: 'text-soft' },
  sent: { word: 'sent', icon: Send, text: 'text-positive' },
  failed: { word: 'failed', icon: CircleX, text: 'text-danger' },
  elsewhere: { word: 'sent elsewhere', icon: Laptop, text: 'text-soft' },
  withdrawn: { word: 'withdrawn', icon: Undo2, text: 'text-soft' },
}

export const CHANNEL_LOOKS: Record<ChannelSummary['kind'], { word: string; icon: LucideIcon }> = {
  smtp: { word: 'E-mail', icon: Mail },
  webhook: { word: 'Webhook', icon: Webhook },
  desktop: { word: 'Desktop', icon: MonitorDot },
}
