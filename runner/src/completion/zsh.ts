// For zsh: one function a command, each a call of _arguments. It can be sourced, or lie in $fpath as `_kwf`.

import { type CommandNode, everyNode, type OperandNode, type OptionNode } from "./command-tree.js";

export function zshCompletion(root: CommandNode): string {
  const name = root.path[0]!;
  return `#compdef ${name}
# zsh completion for ${name}: source <(${name} completion zsh) in ~/.zshrc, after compinit
${everyNode(root).map(commandFunction).join("\n")}
if [ "$funcstack[1]" = "_${name}" ]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function commandFunction(node: CommandNode): string {
  const { commands, options, operands } = node;
  const specs = options.flatMap(optionSpecs);
  if (commands.length === 0) {
    specs.push(...operands.map(({ many, ...operand }, index) => `${many ? "*" : index + 1}:${place(operand)}`));
    return `${functionName(node)}() {\n  _arguments -s -S${lines(specs)}\n}`;
  }
  const described = commands.map(({ path, description }) => quoted(`${escaped(path.at(-1)!)}:${description}`));
  const cases = commands.map((one) => `        ${one.path.at(-1)}) ${functionName(one)} ;;`);
  return `${functionName(node)}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -s -S -C${lines([...specs, "1: :->command", "*:: :->rest"])}
  case $state in
    command)
      local -a commands
      commands=(${lines(
        described.map((text) => text),
        false,
      )}
      )
      _describe command commands ;;
    rest)
      case $line[1] in
${cases.join("\n")}
      esac ;;
  esac
}`;
}

const functionName = ({ path }: CommandNode): string => `_${path.join("_")}`;

function optionSpecs({ flags, description, value }: OptionNode): string[] {
  const alone = flags.length > 1 ? `(${flags.join(" ")})` : "";
  const taken = value === undefined ? "" : `:${place(value)}`;
  return flags.map((flag) => `${alone}${flag}${bracketed(description)}${taken}`);
}

const bracketed = (text: string): string => `[${text.replace(/[[\]\\:]/g, "\\$&")}]`;

function place({ name, words, files }: Pick<OperandNode, "name" | "words" | "files">): string {
  const said = escaped(name);
  if (words.length > 0) return `${said}:(${words.join(" ")})`;
  return files === undefined ? `${said}: ` : `${said}:_files${files === "directories" ? " -/" : ""}`;
}

const escaped = (text: string): string => text.replaceAll(":", "\\:");
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const lines = (all: readonly string[], quote = true): string =>
  all.map((one) => `${quote ? " \\" : ""}\n    ${quote ? quoted(one) : one}`).join("");
