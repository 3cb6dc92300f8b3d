/** Which page stands at which address. Rooms of the screen do not know each other; this file and the frame know them all. */
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import OverviewPage from './overview/OverviewPage.vue'

const routes: RouteRecordRaw[] = [
  { path: '/', component: OverviewPage },
  { path: '/segments', component: () => import('./segments/SegmentsPage.vue') },
  { path: '/segments/:segment', component: () => import('./segments/SegmentPage.vue'), props: true },
  { path: '/reports', component: () => import('./reports/ReportsPage.vue') },
  { path: '/reports/:report', component: () => import('./reports/ReportPage.vue'), props: true },
  { path: '/pipelines', component: () => import('./pipelines/PipelinesPage.vue') },
  { path: '/pipelines/:job', component: () => import('./pipelines/JobPage.vue'), props: true },
  { path: '/runs', component: () => import('./runs/RunsPage.vue') },
  { path: '/runs/:runId', component: () => import('./runs/RunPage.vue'), props: true },
  { path: '/schedules', component: () => import('./schedules/SchedulesPage.vue') },
  // No schedule can have this name.
  { path: '/schedules/_new', component: () => import('./schedules/NewSchedulePage.vue') },
  { path: '/schedules/:schedule', component: () => import('./schedules/SchedulePage.vue'), props: true },
  { path: '/help', component: () => import('./help/HelpPage.vue') },
  { path: '/inbox', component: () => import('./inbox/InboxPage.vue') },
  { path: '/rejects', component: () => import('./runs/RejectsPage.vue') },
  { path: '/:rest(.*)*', component: () => import('./frame/LostPage.vue') },
]

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (to, from, saved) => {
    if (to.hash !== '') return { el: to.hash, top: 64 }
    return to.path === from.path ? undefined : (saved ?? { top: 0 })
  },
})
