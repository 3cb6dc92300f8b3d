/** What the shell itself answers when the server cannot: a page for a page, the usual report for a call. */
import type { FailureReport } from '../shared/failure.ts'
import { COLOURS } from './colours.ts'

/** Seconds until the page looks again; the server's restart takes about one. */
const RETRY_SECONDS = 2

export function answerFailure(request: Request, status: number, report: FailureReport): Response {
  const wantsPage = request.headers.get('accept')?.includes('text/html') ?? false
  const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
  if (!wantsPage) return Response.json(report, { status, headers })
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  const page = { ...headers, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }
  return new Response(failurePage(report, status === 502), { status, headers: page })
}

function failurePage(report: FailureReport, retries: boolean): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${retries ? `<meta http-equiv="refresh" content="${RETRY_SECONDS}">` : ''}
<title>Quintile</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<div class="mark" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>
<h1>${escapeHtml(report.message)}</h1>
<p>${escapeHtml(report.hint ?? '')}</p>
<p class="code">${escapeHtml(report.code)}</p>
</main>
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function themed(name: keyof typeof COLOURS): string {
  return `light-dark(${COLOURS[name].light}, ${COLOURS[name].dark})`
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: ${themed('canvas')}; color: ${themed('ink')} }
main { max-width: 30rem; padding: 2rem }
h1 { font-size: 1.25rem; font-weight: 600; margin: 1.5rem 0 .25rem }
p { margin: 0; color: ${themed('inkSoft')} }
.code { margin-top: 1.5rem; font: 12px/1.5 ui-monospace, monospace }
.mark { display: flex; gap: 4px; align-items: end; height: 40px }
.mark i { width: 8px; border-radius: 2px; background: ${themed('accent')}; height: calc(20% * var(--n)) }
.mark i:nth-child(1) { --n: 1 } .mark i:nth-child(2) { --n: 2 } .mark i:nth-child(3) { --n: 3 } .mark i:nth-child(4) { --n: 4 } .mark i:nth-child(5) { --n: 5 }
`
