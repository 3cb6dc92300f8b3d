/** Imports: a file into a source. */
export { importFile } from './import-file.ts'
export { parseImportDeclaration, type ImportDeclaration, type ImportField } from './declaration.ts'
export type { KeptRejects } from './rejects.ts'
export type { ImportHooks, ImportNeeds, ImportRequest, ImportResult } from './types.ts'
