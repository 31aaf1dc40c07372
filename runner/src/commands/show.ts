import { Command } from "commander";

export function showCommand(): Command {
  return new Command("show").description("print what a suspended thread waits for");
}
