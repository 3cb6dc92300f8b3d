/** Names of the temporary tables of a step's transaction. */

/** Where a batch lands before it is merged. */
export const STAGING = 'pg_temp.staging'
/** Where rows of a feed land as they came; the job's SQL selects from it. */
export const INCOMING = 'pg_temp.incoming'
