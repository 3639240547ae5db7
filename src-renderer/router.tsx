import { createHashHistory, createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import type { Role } from '../src-protocol/model.ts'
import { isAccessTab, type AccessTab } from './pages/access/access-tabs.ts'
import { validatePeriod } from './components/period.ts'
import { validateApprovalsSearch, validateSessionsSearch } from './pages/overview/overview-searches.ts'
import { Home } from './shell/home.tsx'
import { PageMissing, PageFailed } from './shell/page-states.tsx'
import { Shell } from './shell/shell.tsx'

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** who may open it; absent: everybody, also with nobody signed in */
    roles?: readonly Role[]
    /** three columns or an editor: the navigation shrinks to icons */
    rail?: boolean
  }
  interface Register {
    router: AppRouter
  }
}

const root = createRootRoute({ component: Shell, notFoundComponent: PageMissing, errorComponent: PageFailed })
const parent = { getParentRoute: () => root } as const

/** `?seq=88` on pages of a recording. */
function validateSeq(search: Record<string, unknown>): { seq?: number } {
  const seq = Number(search.seq)
  return search.seq !== undefined && Number.isSafeInteger(seq) && seq >= 0 ? { seq } : {}
}

const routes = root.addChildren([
  createRoute({ ...parent, path: '/', component: Home }),
  createRoute({
    ...parent,
    path: '/sign-in',
    component: lazyRouteComponent(() => import('./pages/sign-in/sign-in-page.tsx'), 'SignInPage'),
  }),
  createRoute({
    ...parent,
    path: '/connections',
    component: lazyRouteComponent(() => import('./pages/connections/connections-page.tsx'), 'ConnectionsPage'),
    validateSearch: (search: Record<string, unknown>): { start?: string } =>
      typeof search.start === 'string' ? { start: search.start } : {},
    staticData: { roles: ['operator', 'administrator'] },
  }),
  createRoute({
    ...parent,
    path: '/connections/$connection/tools',
    component: lazyRouteComponent(() => import('./pages/connections/tools/tools-page.tsx'), 'ToolsPage'),
    validateSearch: (search: Record<string, unknown>): { tool?: string } => (typeof search.tool === 'string' ? { tool: search.tool } : {}),
    staticData: { roles: ['administrator'], rail: true },
  }),
  createRoute({
    ...parent,
    path: '/sessions',
    component: lazyRouteComponent(() => import('./pages/sessions/sessions-page.tsx'), 'SessionsPage'),
    staticData: { roles: ['operator', 'reviewer', 'administrator', 'auditor'] },
  }),
  createRoute({
    ...parent,
    path: '/sessions/$session',
    component: lazyRouteComponent(() => import('./pages/session/session-page.tsx'), 'SessionPage'),
    staticData: { roles: ['operator', 'reviewer', 'administrator', 'auditor'] },
  }),
  createRoute({
    ...parent,
    path: '/sessions/$session/watch',
    component: lazyRouteComponent(() => import('./pages/watch/watch-page.tsx'), 'WatchPage'),
    staticData: { roles: ['reviewer', 'administrator', 'auditor'], rail: true },
  }),
  createRoute({
    ...parent,
    path: '/overview',
    component: lazyRouteComponent(() => import('./pages/overview/overview-page.tsx'), 'OverviewPage'),
    validateSearch: validatePeriod,
    staticData: { roles: ['auditor', 'administrator'] },
  }),
  createRoute({
    ...parent,
    path: '/overview/sessions',
    component: lazyRouteComponent(() => import('./pages/overview/overview-sessions-page.tsx'), 'OverviewSessionsPage'),
    validateSearch: validateSessionsSearch,
    staticData: { roles: ['auditor', 'administrator'] },
  }),
  createRoute({
    ...parent,
    path: '/overview/approvals',
    component: lazyRouteComponent(() => import('./pages/overview/overview-approvals-page.tsx'), 'OverviewApprovalsPage'),
    validateSearch: validateApprovalsSearch,
    staticData: { roles: ['auditor', 'administrator'] },
  }),
  createRoute({
    ...parent,
    path: '/access-review',
    component: lazyRouteComponent(() => import('./pages/overview/access-review-page.tsx'), 'AccessReviewPage'),
    staticData: { roles: ['auditor', 'administrator'] },
  }),
  createRoute({
    ...parent,
    path: '/controls',
    component: lazyRouteComponent(() => import('./pages/controls/controls-page.tsx'), 'ControlsPage'),
    validateSearch: validatePeriod,
    staticData: { roles: ['auditor', 'administrator'] },
  }),
  createRoute({
    ...parent,
    path: '/inbox/{-$approval}',
    component: lazyRouteComponent(() => import('./pages/inbox/inbox-page.tsx'), 'InboxPage'),
    staticData: { roles: ['reviewer', 'operator', 'administrator'] },
  }),
  createRoute({
    ...parent,
    path: '/recordings',
    component: lazyRouteComponent(() => import('./pages/recordings/recordings-page.tsx'), 'RecordingsPage'),
  }),
  createRoute({
    ...parent,
    path: '/recordings/search',
    component: lazyRouteComponent(() => import('./pages/recordings/search-page.tsx'), 'SearchPage'),
    staticData: { roles: ['auditor', 'administrator'] },
  }),
  createRoute({
    ...parent,
    path: '/recordings/$session',
    component: lazyRouteComponent(() => import('./pages/replay/replay-page.tsx'), 'ReplayPage'),
    validateSearch: validateSeq,
    staticData: { rail: true },
  }),
  createRoute({
    ...parent,
    path: '/recordings/$session/proof',
    component: lazyRouteComponent(() => import('./pages/proof/proof-page.tsx'), 'ProofPage'),
    validateSearch: validateSeq,
  }),
  createRoute({
    ...parent,
    path: '/compare/$left/$right',
    component: lazyRouteComponent(() => import('./pages/replay/compare-page.tsx'), 'ComparePage'),
    staticData: { rail: true },
  }),
  createRoute({
    ...parent,
    path: '/evidence',
    component: lazyRouteComponent(() => import('./pages/evidence/evidence-page.tsx'), 'EvidencePage'),
    staticData: { roles: ['auditor', 'administrator'] },
  }),
  createRoute({
    ...parent,
    path: '/policies',
    component: lazyRouteComponent(() => import('./pages/documents/policies-page.tsx'), 'PoliciesPage'),
    staticData: { roles: ['auditor', 'administrator'], rail: true },
  }),
  createRoute({
    ...parent,
    path: '/masking',
    component: lazyRouteComponent(() => import('./pages/documents/masking-page.tsx'), 'MaskingPage'),
    staticData: { roles: ['auditor', 'administrator'], rail: true },
  }),
  createRoute({
    ...parent,
    path: '/access',
    component: lazyRouteComponent(() => import('./pages/access/access-page.tsx'), 'AccessPage'),
    validateSearch: (search: Record<string, unknown>): { tab?: AccessTab } => (isAccessTab(search.tab) ? { tab: search.tab } : {}),
    staticData: { roles: ['administrator', 'auditor'] },
  }),
  createRoute({
    ...parent,
    path: '/break-glass',
    component: lazyRouteComponent(() => import('./pages/break-glass/break-glass-page.tsx'), 'BreakGlassPage'),
    validateSearch: (search: Record<string, unknown>): { opening?: string } =>
      typeof search.opening === 'string' ? { opening: search.opening } : {},
    staticData: { roles: ['operator', 'reviewer', 'administrator', 'auditor'] },
  }),
  createRoute({
    ...parent,
    path: '/people',
    component: lazyRouteComponent(() => import('./pages/people/people-page.tsx'), 'PeoplePage'),
    validateSearch: (search: Record<string, unknown>): { person?: string } =>
      typeof search.person === 'string' ? { person: search.person } : {},
    staticData: { roles: ['administrator', 'auditor'] },
  }),
  createRoute({
    ...parent,
    path: '/retention',
    component: lazyRouteComponent(() => import('./pages/retention/retention-page.tsx'), 'RetentionPage'),
    staticData: { roles: ['administrator', 'auditor'] },
  }),
  createRoute({
    ...parent,
    path: '/agents',
    component: lazyRouteComponent(() => import('./pages/agents/agents-page.tsx'), 'AgentsPage'),
    staticData: { roles: ['administrator'] },
  }),
  createRoute({
    ...parent,
    path: '/settings',
    component: lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
  }),
])

/** Paths stand behind `#`: the page itself is always the same file, whatever serves it. */
export function createAppRouter() {
  return createRouter({
    routeTree: routes,
    history: createHashHistory(),
    defaultPreload: 'intent',
    defaultErrorComponent: PageFailed,
    defaultNotFoundComponent: PageMissing,
  })
}
export type AppRouter = ReturnType<typeof createAppRouter>
