/** `quintile aliases list|suggest|approve|reject` */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { mistake } from '../../../shared/failure.ts'
import {
  ALIAS_STATES,
  approveAbove,
  approveAlias,
  listAliases,
  rejectAlias,
  suggestAliases,
  type AliasState,
  type Decided,
} from '../../aliases.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { number, table } from '../output.ts'

const NEXT = 'The next run loads the lines that waited: quintile run'

async function list(context: Context, { state }: { state: AliasState | 'all' }): Promise<void> {
  await withRooms(context, 'readable', async (rooms) => {
    const labels = await listAliases(rooms, state === 'all' ? ALIAS_STATES : [state])
    const lines = labels.reduce((sum, label) => sum + label.lines, 0)
    context.output.result({ labels, lines }, () => [
      ...table(
        ['Label', 'State', 'Lines', 'Turnover', 'Product', 'Likeness'],
        labels.map((one) => [
          ...[one.label_norm, one.state, String(one.lines), one.amount_ht],
          ...[one.product === null ? '' : `${one.product_key ?? ''} ${one.product}`, one.confidence?.toFixed(2) ?? ''],
        ]),
      ),
      `${number(labels.length)} labels, ${number(lines)} lines wait for them`,
    ])
  })
}

async function suggestFor(context: Context, label: string | undefined): Promise<void> {
  await withRooms(context, 'readable', async (rooms) => {
    const suggestions = await suggestAliases(rooms, label ?? null)
    context.output.result({ suggestions }, () =>
      table(
        ['Label', 'Place', 'Product', 'Name', 'Likeness'],
        suggestions.map((one) => [one.label_norm, String(one.place), one.product_key, one.product_label, one.confidence.toFixed(2)]),
      ),
    )
  })
}

interface ApproveOptions {
  above?: number
  replace?: true
}

async function approve(
  context: Context,
  words: { label: string | undefined; product: string | undefined },
  { above, replace }: ApproveOptions,
): Promise<void> {
  if ((words.label === undefined) === (above === undefined))
    throw mistake(
      'aliases.not-named',
      'Name a label, or give --above for all that are alike enough',
      'quintile aliases approve "rielsing 2019" W0007',
    )
  await withRooms(context, 'current', async (rooms) => {
    const decided =
      above === undefined
        ? [await approveAlias(rooms, { label: words.label ?? '', product: words.product, replace: replace === true })]
        : await approveAbove(rooms, above)
    tell(context, decided)
  })
}

async function reject(context: Context, label: string, product: string | undefined): Promise<void> {
  await withRooms(context, 'current', async (rooms) => tell(context, [await rejectAlias(rooms, label, product)]))
}

function tell(context: Context, decided: readonly Decided[]): void {
  context.output.result({ decided }, () => [
    ...decided.map(({ label_norm, product_key, decision, confidence }) =>
      decision === 'approved'
        ? `“${label_norm}” means ${product_key ?? ''} (likeness ${confidence.toFixed(2)})`
        : `“${label_norm}” means ${product_key === null ? 'no product' : `not ${product_key}`}`,
    ),
    decided.length === 0 ? 'No label is alike enough' : NEXT,
  ])
}

function toLikeness(text: string): number {
  const value = Number(text)
  if (!(value >= 0.5 && value <= 1)) throw new InvalidArgumentError('a number from 0.5 to 1')
  return value
}

/** Adds `aliases` to the program. */
export function addAliasesCommands(program: Command): void {
  const aliases = program.command('aliases').description('product labels that no product has: which products they mean')
  aliases
    .command('list')
    .description('labels with the lines and the turnover that wait for them')
    .addOption(new Option('--state <state>', 'which').choices([...ALIAS_STATES, 'all']).default('waiting'))
    .action((options: { state: AliasState | 'all' }, command: Command) => list(openContext(command), options))
  aliases
    .command('suggest [label]')
    .description('the most alike products of a label, or of every waiting one')
    .action((label: string | undefined, _options: unknown, command: Command) => suggestFor(openContext(command), label))
  aliases
    .command('approve [label] [product]')
    .description('say which product a label means; without a product, the most alike one')
    .option('--above <likeness>', 'approve every label whose most alike product is at least so alike', toLikeness)
    .option('--replace', 'change an earlier approval')
    .addHelpText(
      'after',
      '\nExamples:\n  quintile aliases approve "Rielsing Réserve 2019" W0007\n  quintile aliases approve "auxerrois la treille"\n  quintile aliases approve --above 0.85',
    )
    .action((...[label, product, options, command]: [string | undefined, string | undefined, ApproveOptions, Command]) =>
      approve(openContext(command), { label, product }, options),
    )
  aliases
    .command('reject <label> [product]')
    .description('say that a label does not mean this product; without a product, that it means none')
    .addHelpText('after', '\nExample:\n  quintile aliases reject "Frais de port"')
    .action((...given: [string, string | undefined, unknown, Command]) => reject(openContext(given[3]), given[0], given[1]))
}
