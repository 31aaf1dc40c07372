// For fish: one `complete` line for each thing that can stand somewhere.

import { type CommandNode, everyNode, type OperandNode } from "./command-tree.js";

export function fishCompletion(root: CommandNode): string {
  const name = root.path[0]!;
  const nodes = everyNode(root);
  const below = nodes.slice(1).map(({ path }) => quoted(path.join(" ")));
  return `# fish completion for ${name}: ${name} completion fish > ~/.config/fish/completions/${name}.fish
function __${name}_path
    set -l path ${name}
    for word in (commandline -opc)[2..-1]
        if contains -- "$path $word" ${below.join(" ")}
            set path "$path $word"
        end
    end
    echo $path
end
function __${name}_at
    test (__${name}_path) = "$argv"
end
complete -c ${name} -f
${nodes.flatMap((node) => commandLines(name, node)).join("\n")}
`;
}

function commandLines(name: string, { path, commands, options, operands }: CommandNode): string[] {
  const at = `complete -c ${name} -n ${quoted(`__${name}_at ${path.join(" ")}`)}`;
  return [
    ...commands.map((one) => `${at} -a ${one.path.at(-1)} -d ${quoted(one.description)}`),
    ...options.map(({ flags, description, value }) => {
      const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
      return `${at} ${names.join(" ")}${value === undefined ? "" : ` -r${offered(value)}`} -d ${quoted(description)}`;
    }),
    ...operands.map((operand) => `${at}${offered(operand)}`).filter((line) => line !== at),
  ];
}

function offered({ words, files }: OperandNode): string {
  if (words.length > 0) return ` -a ${quoted(words.join(" "))}`;
  if (files === undefined) return "";
  return files === "files" ? " -F" : " -x -a '(__fish_complete_directories)'";
}

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
