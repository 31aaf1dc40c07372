// For bash from 3.2 on, the one of macOS: no associative arrays, no mapfile.

import { type CommandNode, everyNode, type OperandNode } from "./command-tree.js";

export function bashCompletion(root: CommandNode): string {
  const nodes = everyNode(root);
  const name = root.path[0]!;
  const below = nodes.slice(1).map(({ path }) => quoted(path.join(" ")));
  const values = nodes.flatMap(({ path, options }) =>
    options.flatMap(({ flags, value }) =>
      value === undefined ? [] : [{ at: flags.map((flag) => quoted(`${path.join(" ")} ${flag}`)).join("|"), value }],
    ),
  );
  return `# bash completion for ${name}: eval "$(${name} completion bash)" in ~/.bashrc
_${name}_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_${name}_files() { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); }
_${name}_directories() { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")); }
_${name}() {
  local IFS=$'\\n' cur="\${COMP_WORDS[COMP_CWORD]}" last="" path=${quoted(name)} word="" operands=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == "=" ]]; then continue; fi
    if [[ -n $last ]]; then last=""; continue; fi
    case "$path $word" in
${below.length === 0 ? "" : `      ${below.join("|")}) path="$path $word"; operands=0; continue ;;\n`}${
  values.length === 0 ? "" : `      ${values.map(({ at }) => at).join("|")}) last="$word"; continue ;;\n`
}    esac
    if [[ $word != -* ]]; then operands=$((operands + 1)); fi
  done
  if [[ $cur == "=" ]]; then cur=""; fi
  case "$path $last" in
${values.map(({ at, value }) => `    ${at}) ${reply(name, value)} return ;;`).join("\n")}
  esac
  if [[ $cur == -* ]]; then
    case "$path" in
${nodes
  .map(
    ({ path, options }) =>
      `      ${quoted(path.join(" "))}) ${words(
        name,
        options.flatMap(({ flags }) => flags),
      )} ;;`,
  )
  .join("\n")}
    esac
    return
  fi
  case "$path $operands" in
${nodes.flatMap((node) => operandCases(name, node)).join("\n")}
  esac
}
complete -F _${name} ${name}
`;
}

function operandCases(name: string, { path, commands, operands }: CommandNode): string[] {
  const at = path.join(" ");
  if (commands.length > 0) return [`    ${quoted(`${at} 0`)}) ${words(name, commands.map(last))} ;;`];
  return operands.flatMap((operand, index) => {
    const how = reply(name, operand);
    return how === ":;"
      ? []
      : [`    ${quoted(`${at} ${index}`)}${operand.many ? `|${quoted(`${at} `)}*` : ""}) ${how} ;;`];
  });
}

const last = ({ path }: CommandNode): string => path.at(-1)!;

const words = (name: string, all: readonly string[]): string => `_${name}_words ${dollarQuoted(all.join("\n"))}`;

function reply(name: string, { words: all, files }: OperandNode): string {
  if (all.length > 0) return `${words(name, all)};`;
  return files === undefined ? ":;" : `_${name}_${files};`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const dollarQuoted = (text: string): string =>
  `$'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
