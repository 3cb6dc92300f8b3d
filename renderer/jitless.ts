/**
 * Imported before every schema: zod looks at this setting when a schema is made, and would otherwise try
 * `new Function`, which the page's content security policy reports and refuses.
 */
import { z } from 'zod'

z.config({ jitless: true })
