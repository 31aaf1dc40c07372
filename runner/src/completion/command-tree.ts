// The commands as a completion script needs them, read from commander's own tree, so that a script never knows another command line than
// the program does. `bash.ts`, `zsh.ts` and `fish.ts` write it in the words of their shell.

import type { Argument, Command, Option } from "commander";

export interface CommandNode {
  /** From the program on: `["kwf", "topics", "create"]`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly CommandNode[];
  readonly options: readonly OptionNode[];
  readonly operands: readonly OperandNode[];
}

export interface OptionNode {
  /** `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Undefined: it takes none. */
  readonly value: OperandNode | undefined;
}

export interface OperandNode {
  readonly name: string;
  /** What can stand there; empty: anything. */
  readonly words: readonly string[];
  readonly files: "files" | "directories" | undefined;
  readonly many: boolean;
}

export function commandTree(command: Command, above: readonly string[] = []): CommandNode {
  const path = [...above, command.name()];
  const help = command.createHelp();
  return {
    path,
    description: command.description(),
    commands: help.visibleCommands(command).map((one) => commandTree(one, path)),
    options: help.visibleOptions(command).map(optionNode),
    operands: command.registeredArguments.map(operandNode),
  };
}

/** The node and all below it. */
export const everyNode = (node: CommandNode): CommandNode[] => [node, ...node.commands.flatMap(everyNode)];

function optionNode({ short, long, description, flags, required, optional, argChoices, variadic }: Option): OptionNode {
  const name = /[<[]([^>\].]+)/.exec(flags)?.[1] ?? "";
  return {
    flags: [short, long].filter((flag) => flag !== undefined && flag !== null),
    description,
    value: required || optional ? operand(name, argChoices, variadic) : undefined,
  };
}

const operandNode = (argument: Argument): OperandNode =>
  operand(argument.name(), argument.argChoices, argument.variadic);

const FILES: Readonly<Record<string, OperandNode["files"]>> = {
  file: "files",
  bundle: "files",
  entry: "files",
  records: "files",
  dir: "directories",
};

const operand = (name: string, words: readonly string[] = [], many = false): OperandNode => ({
  name,
  words,
  files: words.length > 0 ? undefined : FILES[name],
  many,
});
