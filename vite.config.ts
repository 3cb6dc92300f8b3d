import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Where `npm run` finds the API while the screen is served by Vite; the built screen is served by the API itself. */
const api = process.env['QUINTILE_API'] ?? 'http://127.0.0.1:4000'

/** Builds the screen. Nothing is inlined and nothing is evaluated: the page lives under `script-src 'self'; style-src 'self'`. */
export default defineConfig({
  root: here('renderer'),
  base: '/',
  plugins: [vue(), tailwindcss()],
  // No server-side rendering and no options API: their code would be carried for nothing.
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
  server: { proxy: { '/api': api } },
  build: {
    outDir: here('dist/renderer'),
    emptyOutDir: true,
    sourcemap: false,
    // All of these know light-dark(), so the theme reaches the page as it was written.
    target: ['chrome130', 'firefox130', 'safari18'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // Charts are half of the code, and only the editor of schedules reads YAML: kept apart from what every page needs, they
        // do not delay the first page.
        codeSplitting: {
          groups: [
            { name: 'base', test: /node_modules[\\/](?!echarts|zrender|vue-echarts|yaml)/, priority: 2 },
            { name: 'echarts', test: /node_modules[\\/](echarts|zrender|vue-echarts)/, priority: 1 },
          ],
        },
      },
    },
  },
})
