// @vitest-environment happy-dom
/** The manual's text as elements: structure kept, nothing of it becoming HTML by itself. */
import { expect, test } from 'vitest'
import { createApp } from 'vue'
import MarkdownText from '../../renderer/help/MarkdownText.vue'

function htmlOf(text: string): string {
  const place = document.createElement('div')
  const app = createApp(MarkdownText, { text })
  app.mount(place)
  const html = place.innerHTML.replaceAll(/ (class|tabindex)="[^"]*"/g, '')
  app.unmount()
  return html
}

test('headings, lists, code, tables and emphasis become elements', () => {
  const html = htmlOf(
    '# Shop\n\nA *small* **shop** with `code`.\n\n- one\n- two\n\n```\nquintile run <all>\n```\n\n| a | b |\n|---|---|\n| 1 | 2 & 3 |\n',
  )
  expect(html).toContain('<h2>Shop</h2>')
  expect(html).toContain('<em>small</em>')
  expect(html).toContain('<strong>shop</strong>')
  expect(html).toContain('<code>code</code>')
  expect(html.match(/<li>/g)).toHaveLength(2)
  expect(html).toContain('quintile run &lt;all&gt;')
  expect(html).toContain('<th scope="col">a</th>')
  expect(html).toContain('<td>2 &amp; 3</td>')
})

test('HTML in a text is shown and not obeyed', () => {
  const html = htmlOf('<img src=x onerror="alert(1)">\n\nbefore <b>bold</b> [here](javascript:alert(1))')
  expect(html).not.toMatch(/<img|<b>|href/)
  expect(html).toContain('&lt;img')
})
