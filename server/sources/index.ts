/** Where rows come from: one reader per kind. */
export { openPostgresSource, type SourceColumn, type SourceConnection, type SourceReader } from './postgres.ts'
export * from './csv/index.ts'
