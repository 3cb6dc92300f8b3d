/**
 * What the compiler cannot see. Layout is Prettier's and is switched off here; imports are dependency-cruiser's. A
 * suppression names its rule and gives its reason after `--`.
 */
import { vueTsConfigs, withVueTs } from '@vue/eslint-config-typescript'
import pluginVue from 'eslint-plugin-vue'
import accessibility from 'eslint-plugin-vuejs-accessibility'

const TYPED = ['**/*.ts', '**/*.vue']

export default withVueTs(
  { rootDir: import.meta.dirname, allowComponentTypeUnsafety: false },
  { ignores: ['dist/', 'release/', 'coverage/', 'resources/**/*.js'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  pluginVue.configs['flat/recommended'],
  pluginVue.configs['no-layout-rules'],
  accessibility.configs['flat/recommended'],
  vueTsConfigs.recommendedTypeChecked,
  {
    name: 'quintile/projects',
    files: TYPED,
    languageOptions: {
      // Named one by one: test/renderer belongs to the screen's project and not to the nearest tsconfig.json.
      parserOptions: {
        projectService: false,
        project: ['./tsconfig.json', './renderer/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
  },
  {
    name: 'quintile/types',
    files: TYPED,
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Rooms are objects of closures that use no `this`, written in method form; and a function is `async` so that what it
      // throws arrives in its promise, whether or not it awaits.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description', minimumDescriptionLength: 10 }],
    },
  },
  {
    name: 'quintile/size',
    rules: {
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
      complexity: ['error', 15],
      'max-depth': ['error', 3],
    },
  },
  {
    name: 'quintile/habits',
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true } }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
    },
  },
  {
    name: 'quintile/vue',
    files: ['**/*.vue'],
    rules: {
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-emits-declaration': ['error', 'type-based'],
      'vue/define-props-declaration': ['error', 'type-based'],
      'vue/no-v-html': 'error',
      // An optional property without a default is `undefined`, which exactOptionalPropertyTypes and the types already say.
      'vue/require-default-prop': 'off',
      // A page or a piece of the kit may be one word: its folder gives the second.
      'vue/multi-word-component-names': 'off',
      // A label may stand beside its control and name it by `for`, or wrap it; one of the two is enough.
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      'no-restricted-exports': 'off',
    },
  },
  {
    name: 'quintile/components-are-any',
    // typescript-eslint does not read .vue files as modules, so an imported component has no type here; vue-tsc checks them.
    files: ['renderer/**/*.vue', 'renderer/main.ts', 'renderer/router.ts', 'test/renderer/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    name: 'quintile/server-writes-logs',
    files: ['server/**/*.ts'],
    ignores: ['server/cli/**'],
    rules: { 'no-console': 'error' },
  },
  {
    name: 'quintile/tests',
    files: ['test/**/*.ts'],
    rules: {
      // A story is read from top to bottom; `describe` is one function around many of them.
      'max-lines-per-function': 'off',
      // A stand-in has the parameters of what it stands in for; a `!` that is wrong fails the test, which is its purpose.
      'max-params': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    name: 'quintile/tools-want-a-default-export',
    files: ['*.config.{js,ts}', 'test/tools/warehouse-server.ts', '**/*.d.ts'],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    name: 'quintile/plain-javascript',
    files: ['**/*.{js,cjs,mjs}'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
)
