/** `lanchat completion bash|zsh|fish`: scripts for shells, made from the tables. Rooms and nicks come from the lanchat running. */
import { type CallRow, type Completes, OWN_OPTIONS, shownCalls } from './calls.ts'
import { EXIT } from './exit.ts'
import { nearest } from './nearest.ts'
import { OPTIONS, type OptionRow, UsageError } from './options.ts'
import { Output } from './output.ts'
import { safeName } from './safe-text.ts'
import type { World } from './world.ts'

const SHELLS = { bash, zsh, fish }

export async function completion(world: World, shell: string): Promise<number> {
  if (!Object.hasOwn(SHELLS, shell)) {
    const near = nearest(shell, Object.keys(SHELLS))
    throw new UsageError(
      `There is no completion for ${safeName(shell)}, only for bash, zsh and fish.${near ? ` Did you mean ${near}?` : ''}`,
    )
  }
  const output = new Output(world.stdout)
  output.write(SHELLS[shell as keyof typeof SHELLS]())
  await output.flushed()
  return EXIT.ok
}

const all: Readonly<Record<string, OptionRow>> = { ...OPTIONS, ...OWN_OPTIONS }
/** Options whose value is a file or a folder. */
const isPath = (row: OptionRow) => row.value === 'file' || row.value === 'dir'
const optionsOf = (row: CallRow): string[] =>
  [...Object.keys(OPTIONS), ...(row.options ?? []), 'help'].map((name) => `--${name}`)
const withPath = Object.keys(all).filter((name) => isPath(all[name]!))
const withValue = Object.keys(all).filter((name) => all[name]!.type !== 'flag' && !isPath(all[name]!))
const names = () => shownCalls().map((row) => row.name)

/** What asks for the words, as bash and zsh write it. */
function bashWords(completes: Completes): string {
  if (completes === 'room') return '$(lanchat complete rooms 2>/dev/null)'
  if (completes === 'to') return '$(lanchat complete to 2>/dev/null)'
  if (completes === 'call') return names().join(' ')
  return completes === 'file' ? '' : completes.join(' ')
}

function bash(): string {
  const cases = shownCalls().flatMap((row) => {
    const words = (row.completes ?? []).map((completes, at) =>
      completes === 'file'
        ? `        ${at + 1}) COMPREPLY=($(compgen -f -- "$cur")) ;;`
        : `        ${at + 1}) COMPREPLY=($(compgen -W "${bashWords(completes)}" -- "$cur")) ;;`,
    )
    return [
      `    ${row.name})`,
      `      [[ $cur == -* ]] && COMPREPLY=($(compgen -W "${optionsOf(row).join(' ')}" -- "$cur")) && return`,
      ...(words.length > 0 ? ['      case $at in', ...words, '      esac'] : []),
      '      ;;',
    ]
  })
  return `# lanchat: completion for bash. In ~/.bashrc: eval "$(lanchat completion bash)"
_lanchat() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} call='' at=0 i word
  # @ belongs to nicks here, though bash breaks words at it.
  if [[ $cur == @ || $prev == @ ]]; then
    [[ $cur == @ ]] && cur=''
    COMPREPLY=($(compgen -W "$(lanchat complete to 2>/dev/null | sed -n 's/^@//p')" -- "$cur"))
    return
  fi
  case $prev in
    ${withPath.map((name) => `--${name}`).join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --room) COMPREPLY=($(compgen -W "${bashWords('room')}" -- "$cur")); return ;;
    --log-level) COMPREPLY=($(compgen -W "debug info warn error silent" -- "$cur")); return ;;
    ${withValue
      .filter((name) => name !== 'room' && name !== 'log-level')
      .map((name) => `--${name}`)
      .join('|')}) return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${[...withPath, ...withValue].map((name) => `--${name}`).join('|')}) ((i++)) ;;
      -*) ;;
      *) if [[ -z $call ]]; then call=$word; else ((at++)); fi ;;
    esac
  done
  ((at++))
  case $call in
    '')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "${[...Object.keys(OPTIONS), 'help', 'version'].map((name) => `--${name}`).join(' ')}" -- "$cur"))
      else COMPREPLY=($(compgen -W "${names().join(' ')} help" -- "$cur")); fi
      ;;
    help) COMPREPLY=($(compgen -W "${names().join(' ')}" -- "$cur")) ;;
${cases.join('\n')}
  esac
}
complete -o filenames -F _lanchat lanchat
`
}

/** Text in single quotes of zsh, within a description. */
const zshText = (text: string) => text.replaceAll("'", '’').replaceAll(/[[\]:]/g, (sign) => `\\${sign}`)

function zshOption([name, row]: [string, OptionRow]): string {
  const head = `${row.type === 'list' ? '*' : ''}--${name}[${zshText(row.help)}]`
  if (row.type === 'flag') return `'${head}'`
  const action = isPath(row)
    ? '_files'
    : name === 'room'
      ? '_lanchat_rooms'
      : name === 'log-level'
        ? '(debug info warn error silent)'
        : ''
  return `'${head}:${zshText(row.value ?? 'value')}:${action}'`
}

function zshWords(completes: Completes): string {
  if (completes === 'room') return '_lanchat_rooms'
  if (completes === 'to') return '_lanchat_to'
  if (completes === 'call') return '_lanchat_calls'
  return completes === 'file' ? '_files' : `(${completes.join(' ')})`
}

function zsh(): string {
  const shared = Object.entries(OPTIONS).map((entry) => zshOption(entry))
  const cases = shownCalls().map((row) => {
    const own = (row.options ?? []).map((name) => zshOption([name, OWN_OPTIONS[name]]))
    const words = (row.completes ?? []).map((completes, at) => `'${at + 1}:word:${zshWords(completes)}'`)
    return `    ${row.name}) _arguments $shared ${[...own, ...words].join(' ')} ;;`
  })
  return `#compdef lanchat
# lanchat: completion for zsh. In ~/.zshrc, behind compinit: eval "$(lanchat completion zsh)"
_lanchat_rooms() { local -a names; names=(\${(f)"$(lanchat complete rooms 2>/dev/null)"}); compadd -a names }
_lanchat_to() { local -a names; names=(\${(f)"$(lanchat complete to 2>/dev/null)"}); compadd -a names }
_lanchat_calls() {
  local -a calls
  calls=(
${shownCalls()
  .map((row) => `    '${row.name}:${zshText(row.help)}'`)
  .join('\n')}
  )
  _describe command calls
}
_lanchat() {
  local curcontext=$curcontext state line
  local -a shared
  shared=(
${shared.map((spec) => `    ${spec}`).join('\n')}
    '--help[more about it]'
  )
  _arguments -C $shared '--version[the version]' '1:command:_lanchat_calls' '*::word:->words'
  [[ $state == words ]] || return
  case $line[1] in
    help) _arguments '1:command:_lanchat_calls' ;;
${cases.join('\n')}
  esac
}
compdef _lanchat lanchat
`
}

const fishText = (text: string) => `'${text.replaceAll(/['\\]/g, (sign) => `\\${sign}`)}'`

function fishWords(completes: Completes): string {
  if (completes === 'room') return '(lanchat complete rooms 2>/dev/null)'
  if (completes === 'to') return '(lanchat complete to 2>/dev/null)'
  return completes === 'call' || completes === 'file' ? '' : completes.join(' ')
}

function fishOption([name, row]: [string, OptionRow], condition: string): string {
  const takes =
    row.type === 'flag'
      ? ''
      : isPath(row)
        ? ' -r -F'
        : name === 'room'
          ? ` -x -a '${fishWords('room')}'`
          : name === 'log-level'
            ? " -x -a 'debug info warn error silent'"
            : ' -x'
  return `complete -c lanchat${condition} -l ${name}${takes} -d ${fishText(row.help)}`
}

function fish(): string {
  const inCall = (name: string) => ` -n '__fish_seen_subcommand_from ${name}'`
  const words = shownCalls().flatMap((row) => {
    const own = (row.options ?? []).map((name) => fishOption([name, OWN_OPTIONS[name]], inCall(row.name)))
    const each = (row.completes ?? []).map((completes) =>
      completes === 'file'
        ? `complete -c lanchat${inCall(row.name)} -F`
        : `complete -c lanchat${inCall(row.name)} -a '${fishWords(completes)}'`,
    )
    return [...own, ...each]
  })
  return `# lanchat: completion for fish. lanchat completion fish > ~/.config/fish/completions/lanchat.fish
complete -c lanchat -f
${shownCalls()
  .map((row) => `complete -c lanchat -n '__fish_use_subcommand' -a ${row.name} -d ${fishText(row.help)}`)
  .join('\n')}
complete -c lanchat -n '__fish_seen_subcommand_from help' -a '${names().join(' ')}'
${Object.entries(OPTIONS)
  .map((entry) => fishOption(entry, ''))
  .join('\n')}
complete -c lanchat -l help -d 'more about it'
${words.join('\n')}
`
}
