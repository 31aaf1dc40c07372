import { Argument, Command } from "commander";
import { bashCompletion } from "../completion/bash.js";
import { commandTree } from "../completion/command-tree.js";
import { fishCompletion } from "../completion/fish.js";
import { zshCompletion } from "../completion/zsh.js";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export function completionCommand(program: Command): Command {
  return new Command("completion")
    .description("print a script that completes commands and options in a shell")
    .addArgument(new Argument("<shell>", "which one").choices(Object.keys(SHELLS)))
    .addHelpText(
      "after",
      `
Examples:
  eval "$(kwf completion bash)"                                   # in ~/.bashrc
  source <(kwf completion zsh)                                    # in ~/.zshrc, after compinit
  kwf completion fish > ~/.config/fish/completions/kwf.fish

Exit codes: 0 printed, 2 wrong usage.`,
    )
    .action((shell: keyof typeof SHELLS) => {
      process.stdout.write(SHELLS[shell](commandTree(program)));
    });
}
