/** A bar on a terminal; elsewhere a quiet line every few seconds, so that a log shows that something moves. */
export interface Progress {
  show(moved: { done: number; total: number | null; text: string }): void
  /** Removes the bar, so that the next line stands clean. */
  end(): void
}

const WIDTH = 28
const BAR_MILLISECONDS = 100
const LINE_MILLISECONDS = 5_000

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * WIDTH)
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`
}

export function openProgress(label: string, clock: () => number): Progress {
  const stream = process.stderr
  const live = stream.isTTY
  let last = clock()
  return {
    show: ({ done, total, text }) => {
      if (clock() - last < (live ? BAR_MILLISECONDS : LINE_MILLISECONDS)) return
      last = clock()
      const share = total === null || total === 0 ? null : done / total
      const percent = share === null ? '' : ` ${String(Math.floor(share * 100)).padStart(3)} %`
      const line = `${label}${live && share !== null ? ` ${bar(share)}` : ''}${percent} ${text}`
      stream.write(live ? `\r\u001B[2K${line.slice(0, (stream.columns || 100) - 1)}` : `${line}\n`)
    },
    end: () => {
      if (live) stream.write('\r\u001B[2K')
    },
  }
}
