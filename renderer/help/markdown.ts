/** Markdown as elements. Nothing of the text becomes HTML by itself: what is not known here is shown as plain text. */
import { Lexer, type Token, type Tokens } from 'marked'
import { h, type VNodeChild } from 'vue'

const HEADINGS = ['h2', 'h2', 'h3', 'h4', 'h5', 'h6']
const HEADING_LOOKS = ['mt-0 text-lg font-semibold', 'mt-6 text-base font-semibold', 'mt-4 text-sm font-semibold']

/** The text's elements, in order. */
export function toElements(text: string): VNodeChild[] {
  return new Lexer().lex(text).map(block)
}

function block(token: Token): VNodeChild {
  switch (token.type) {
    case 'heading': {
      const { depth, tokens } = token as Tokens.Heading
      return h(HEADINGS[depth - 1] ?? 'h6', { class: HEADING_LOOKS[Math.min(depth, 3) - 1] }, inlines(tokens))
    }
    case 'paragraph':
      return h('p', { class: 'mt-2 max-w-[75ch] leading-6 text-soft' }, inlines((token as Tokens.Paragraph).tokens))
    case 'text':
      return inlines((token as Tokens.Text).tokens ?? [token])
    case 'code':
      return h('pre', { class: 'mt-3 overflow-auto rounded-md border border-line bg-sunk p-3 font-mono text-xs leading-5', tabindex: 0 }, [
        h('code', (token as Tokens.Code).text),
      ])
    case 'list':
      return list(token as Tokens.List)
    case 'table':
      return table(token as Tokens.Table)
    case 'hr':
      return h('hr', { class: 'my-6 border-line' })
    case 'space':
      return null
    default:
      return h('p', { class: 'mt-2 text-soft' }, token.raw)
  }
}

function list({ ordered, items }: Tokens.List): VNodeChild {
  const entries = items.map((item) => h('li', { class: 'leading-6' }, item.tokens.map(block)))
  return h(ordered ? 'ol' : 'ul', { class: `mt-2 max-w-[75ch] pl-5 text-soft ${ordered ? 'list-decimal' : 'list-disc'}` }, entries)
}

function table({ header, rows }: Tokens.Table): VNodeChild {
  const cells = (row: readonly Tokens.TableCell[], name: 'th' | 'td') =>
    h(
      'tr',
      { class: 'border-b border-line' },
      row.map((cell) =>
        h(name, { class: 'px-2 py-1.5 text-left align-top', ...(name === 'th' ? { scope: 'col' } : {}) }, inlines(cell.tokens)),
      ),
    )
  return h('div', { class: 'mt-3 overflow-x-auto', tabindex: 0, role: 'region', 'aria-label': 'Table' }, [
    h('table', { class: 'text-sm' }, [
      h('thead', [cells(header, 'th')]),
      h(
        'tbody',
        rows.map((row) => cells(row, 'td')),
      ),
    ]),
  ])
}

const MARKS: Record<string, string> = { strong: 'strong', em: 'em', del: 'del' }

function inlines(tokens: readonly Token[]): VNodeChild[] {
  return tokens.map((token) => {
    const name = MARKS[token.type]
    if (name !== undefined) return h(name, inlines((token as Tokens.Strong).tokens))
    if (token.type === 'codespan') return h('code', { class: 'rounded-xs bg-sunk px-1 font-mono text-xs' }, (token as Tokens.Codespan).text)
    if (token.type === 'br') return h('br')
    if (token.type === 'link') return h('span', inlines((token as Tokens.Link).tokens))
    if (token.type === 'escape' || token.type === 'text') return (token as Tokens.Text).text
    return token.raw
  })
}
