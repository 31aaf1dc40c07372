import { InvalidMessageError, parsed, TimeoutError } from "@kwf/patterns";
import * as W from "@kwf/workflow";
import type { Budget, Decision, Message, ToolCall } from "./topics.js";
import { approvals, audit, model, tools, withdrawals } from "./topics.js";

export const manifest: W.Manifest = { name: "ai-agent" };

interface Task {
  task: string;
  budget?: Partial<Budget>;
  modelTimeoutMS?: number;
  toolTimeoutMS?: number;
  /** How long a person has to approve of a dangerous tool. */
  approvalTimeoutMS?: number;
}

const MINUTE_MS = 60_000;

/** Works on a task, with a model that decides and tools that act, until there is an answer or the budget is used up. */
export default async function agent({ task, ...given }: Task) {
  const { modelTimeoutMS = 5 * MINUTE_MS, toolTimeoutMS = MINUTE_MS, approvalTimeoutMS = 24 * 60 * MINUTE_MS } = given;
  const budget: Budget = { turns: 10, tokens: 100_000, microdollars: 1_000_000, ...given.budget };
  const spent: Budget = { turns: 0, tokens: 0, microdollars: 0 };
  const conversation: Message[] = [{ role: "user", text: task }];
  let entries = 0;

  note({ type: "accepted", task, budget });
  try {
    let calls: ToolCall[] = [];
    for (;;) {
      const limit = usedUp();
      if (limit) {
        note({ type: "out-of-budget", limit });
        return { status: "out of budget", limit, spent };
      }
      // Side by side; and only now that the model can still be told what came of it.
      conversation.push(...(await Promise.all(calls.map(use))));
      const reply = await think();
      calls = reply?.calls ?? [];
      if (reply && calls.length === 0) {
        note({ type: "answered", answer: reply.text });
        return { status: "answered", answer: reply.text, spent };
      }
    }
  } catch (error) {
    if (error instanceof W.CancelToken) note({ type: "cancelled", reason: error.message });
    else note({ type: "failed", error: String(error) });
    throw error;
  }

  /** One turn of the model. A reply that cannot be used, or none in time, costs a turn as well, and the model is told. */
  async function think() {
    spent.turns++;
    try {
      const request = { conversation, maxTokens: budget.tokens - spent.tokens };
      const { text, calls, usage } = await model.request(request, { timeoutMs: modelTimeoutMS });
      spent.tokens += usage.tokens;
      spent.microdollars += usage.microdollars;
      note({ type: "replied", text, calls, spent });
      conversation.push({ role: "assistant", text, calls });
      return { text, calls };
    } catch (error) {
      if (!(error instanceof InvalidMessageError || error instanceof TimeoutError)) throw error;
      note({ type: "reply-unusable", error: error.message, spent });
      conversation.push({ role: "user", text: `Your reply could not be used: ${error.message}` });
      return undefined;
    }
  }

  /** Does what the model wants, if it may. Whatever goes wrong is told to the model, which goes on. */
  async function use(call: ToolCall): Promise<Message> {
    try {
      const tool = tools.find(({ name }) => name === call.tool);
      if (!tool) throw new Error(`no tool ${call.tool}: there are ${tools.map(({ name }) => name).join(", ")}`);
      await parsed(tool.input, call.input, `the input of ${call.tool}`);
      if (tool.dangerous) await approve(call);
      note({ type: "tool-used", call: call.id });
      const result = await tool.requests.request(call.input, { timeoutMs: toolTimeoutMS });
      note({ type: "tool-answered", call: call.id, result });
      return { role: "tool", call: call.id, result };
    } catch (thrown) {
      const isCancelled = thrown instanceof W.CancelToken;
      if (isCancelled || thrown instanceof TimeoutError) withdrawals.send({ call: call.id });
      if (isCancelled) throw thrown;
      const error = thrown instanceof Error ? thrown.message : thrown;
      note({ type: "tool-failed", call: call.id, error });
      return { role: "tool", call: call.id, error };
    }
  }

  /** A person decides; no decision in time, or one that cannot be read, is none. */
  async function approve(call: ToolCall): Promise<void> {
    note({ type: "approval-asked", call: call.id });
    const { approved, by, comment } = await approvals.request({ task, call }, { timeoutMs: approvalTimeoutMS });
    note({ type: approved ? "approved" : "refused", call: call.id, by, comment });
    if (!approved) throw new Error(`refused by ${by}${comment ? `: ${comment}` : ""}`);
  }

  /** What is used up, if anything is. */
  function usedUp(): keyof Budget | undefined {
    return (["turns", "tokens", "microdollars"] as const).find((what) => !(spent[what] < budget[what]));
  }

  function note(decision: Decision): void {
    audit.send({ entry: ++entries, ...decision });
  }
}
